"""Find out when cameras saw what they saw.

The way of the data, one folder a stage:

    media      files → Recording (true frame times)
    signals    Recording → Signal, one per cue
    match      two Signals → OffsetBelief; beliefs add up
    offsets    OffsetBelief → PairOffset (offset ± σ, drift, verdict)
    timeline   PairOffsets → Timeline (one clock per recording)
    outputs    Timeline → timeline.json, frames.csv, report.html, a table

`sync` runs them all; `check` holds footage against its claim to be in sync.
"""

from viewsync.audit.check import check as check
from viewsync.match.hints import Anchor as Anchor
from viewsync.sync import sync as sync
from viewsync.types import CameraClock as CameraClock
from viewsync.types import InputError as InputError
from viewsync.types import PairOffset as PairOffset
from viewsync.types import Recording as Recording
from viewsync.types import Search as Search
from viewsync.types import Timeline as Timeline
from viewsync.types import Verdict as Verdict
