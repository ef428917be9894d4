"""Draws docs/worlds/own-motions.png: a walk and a run over one cycle from the side, and actions from ahead.

python tools/draw_own_motions.py
"""

from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float

from viewsync.worlds.motions.own import own_motions
from viewsync.worlds.motions.skeleton import AVERAGE, JOINTS, PARENTS, Poses

ROOT = Path(__file__).parent.parent
CLIPS = {clip.name: clip for clip in own_motions(1).clips}
SIDE, AHEAD = np.array([0.0, 1.0, 0.0]), np.array([0.97, 0.25, 0.0])
"""What points to the right of the picture."""
ACTIONS = {
    "wave": 0.45, "clap": 0.5, "phoning": 0.4, "drink": 0.35, "taking_photo": 0.2, "posing": 0.2, "sitting": 0.5,
    "pick_up": 0.4, "squat": 0.35, "jump": 0.43, "kick": 0.36, "dance": 0.3,
}  # fmt: skip
PIXELS_PER_METRE, WIDTH, HEIGHT = 84, 80, 178
COLOURS = {"Left": (190, 120, 40), "Right": (40, 90, 200)}
"""BGR; what is neither left nor right is gray."""


def figure(name: str, share: float, right: Float[np.ndarray, " 3"]) -> Float[np.ndarray, "height width 3"]:
    """One posture as a drawing."""
    clip = CLIPS[f"own/{name}"]
    poses = clip.at(np.array([share * clip.duration_seconds]))
    heads, tails = (points[0] for points in Poses(poses.hips_metres, poses.rotations).joints(AVERAGE))
    picture = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    cv2.line(picture, (0, HEIGHT - 12), (WIDTH, HEIGHT - 12), (200, 200, 200), 1)

    def pixel(point: Float[np.ndarray, " 3"]) -> tuple[int, int]:
        across = (point - poses.hips_metres[0]) @ right
        return round(8 * (WIDTH / 2 + PIXELS_PER_METRE * across)), round(8 * (HEIGHT - 12 - PIXELS_PER_METRE * point[2]))

    # The far side first: the right one, seen from the left.
    for side in ("Right", "", "Left") if right is SIDE else ("", "Left", "Right"):
        for joint, bone in enumerate(JOINTS):
            if bone.startswith(("Left", "Right")) == bool(side) and bone.startswith(side):
                colour = COLOURS.get(side, (110, 110, 110))
                ends = [(heads[PARENTS[joint]], heads[joint])] if joint else []
                for a, b in [*ends, (heads[joint], tails[joint])]:
                    cv2.line(picture, pixel(a), pixel(b), colour, 3, cv2.LINE_AA, shift=3)
    cv2.circle(
        picture, pixel((heads[JOINTS.index("Head")] + tails[JOINTS.index("Head")]) / 2), 80, (110, 110, 110), -1, 16, 3
    )
    return picture


def main() -> None:
    """Draw all figures, with names under the actions."""
    rows = [[figure(name, share, SIDE) for share in np.arange(12) / 12] for name in ("walk-5", "run-1")]
    rows.append([figure(f"{action}-1", share, AHEAD) for action, share in ACTIONS.items()])
    for picture, action in zip(rows[-1], ACTIONS, strict=True):
        cv2.putText(picture, action, (4, 10), cv2.FONT_HERSHEY_SIMPLEX, 0.34, (60, 60, 60), 1, cv2.LINE_AA)
    path = ROOT / "docs" / "worlds" / "own-motions.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    # Few shades make a small file.
    shades = np.vstack([np.hstack(row) for row in rows]) // 32 * 36 + 3
    cv2.imwrite(str(path), shades, [cv2.IMWRITE_PNG_COMPRESSION, 9, cv2.IMWRITE_PNG_STRATEGY, 0])


if __name__ == "__main__":
    main()
