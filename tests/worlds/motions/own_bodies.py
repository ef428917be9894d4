"""What tests measure on bodies in motion."""

import numpy as np

from viewsync.worlds.motions.skeleton import AVERAGE, JOINTS


def flexion_degrees(heads, limb):
    """How far a knee or elbow is bent; 0 is straight."""
    upper, lower = heads[:, limb.lower] - heads[:, limb.upper], heads[:, limb.end] - heads[:, limb.lower]
    cosine = np.sum(upper * lower, axis=1) / np.linalg.norm(upper, axis=1) / np.linalg.norm(lower, axis=1)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def soles(poses):
    """Heel, ball and tip of the toe of either foot, on the sole (time, side, point, axis)."""
    turns, (heads, _) = poses.matrices(), poses.joints(AVERAGE)
    sides = []
    for side, sign in (("Left", 1), ("Right", -1)):
        foot, toes = JOINTS.index(f"{side}Foot"), JOINTS.index(f"{side}ToeBase")
        ankle, ball = AVERAGE.heads_metres[[foot, toes]]
        heel = np.array([sign * 0.178, 0.03, 0.0])
        points = (
            heads[:, foot] + turns[:, foot] @ (heel - ankle),
            heads[:, toes] + turns[:, toes] @ [0, 0, -ball[2]],
            heads[:, toes] + turns[:, toes] @ [0, -0.07, -ball[2]],
        )
        sides.append(np.stack(points, axis=1))
    return np.stack(sides, axis=1)


def swapped(name):
    """The joint of the other side."""
    for ours, theirs in (("Left", "Right"), ("LH", "RH"), ("LT", "RT")):
        for prefix, other in ((ours, theirs), (theirs, ours)):
            if name.startswith(prefix):
                return other + name.removeprefix(prefix)
    return name
