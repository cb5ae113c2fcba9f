"""Writes small.bvh and small.json beside this file: a skeleton of five joints and where NumPy puts them in each frame.

The file has what readers trip over: a root OFFSET, channels in several orders, a joint with six channels, tabs, CRLF,
exponents, a name with a space. Run: python3 make_motion_files.py
"""

import json
import re
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
BVH = """HIERARCHY
ROOT Hips
{
\tOFFSET 7.5 -2 1e1
\tCHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
\tJOINT Upper Leg
\t{
\t\tOFFSET 1 -1.5 0
\t\tCHANNELS 3 Yrotation Xrotation Zrotation
\t\tJOINT Shin {
\t\t\tOFFSET 0 -4.25E+00 0.5
\t\t\tCHANNELS 6 Zposition Yposition Xposition Xrotation Yrotation Zrotation
\t\t\tEnd Site
\t\t\t{
\t\t\t\tOFFSET 0 -3 1
\t\t\t}
\t\t}
\t}
\tJOINT Spine
\t{
\t\tOFFSET 0 2 -0.25
\t\tCHANNELS 3 Xrotation Zrotation Yrotation
\t\tJOINT Head
\t\t{
\t\t\tOFFSET 0 5 0.75
\t\t\tCHANNELS 3 Zrotation Yrotation Xrotation
\t\t\tEnd Site
\t\t\t{
\t\t\t\tOFFSET 0 1 0
\t\t\t}
\t\t}
\t}
}
MOTION
Frames: 3
Frame Time: 0.008333
0 9 0 0 0 0 0 0 0 0.5 -4.25 0 0 0 0 0 0 0 0 0 0
1.5 9.25 -3 30 -20 75 10 45 -60 0.75 -4 0.125 5 15 25 -35 55 12.5 1e1 -2.5E1 80
-2e0\t8.5\t4 170 88 -135 -90 100 33 0.5 -4.5 -0.25 -120 60 30 5 -5 95 -45 20 -10
"""


def rotation(axis, degrees):
    angle = np.deg2rad(degrees)
    c, s = np.cos(angle), np.sin(angle)
    return {
        "X": np.array([[1, 0, 0], [0, c, -s], [0, s, c]]),
        "Y": np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]),
        "Z": np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]),
    }[axis]


def skeleton(text):
    joints, stack = [], []
    for line in text.split("MOTION")[0].split("\n"):
        line = line.strip()
        if name := re.match(r"(ROOT|JOINT) ([^{]+)", line):
            joints.append({"name": name[2].strip(), "parent": next((s for s in reversed(stack) if s is not None), -1)})
            stack.append(len(joints) - 1)
        elif line.startswith("End"):
            stack.append(None)
        elif line == "}":
            stack.pop()
        elif stack and stack[-1] is not None and line.startswith("OFFSET"):
            joints[stack[-1]]["offset"] = np.array([float(v) for v in line.split()[1:]])
        elif line.startswith("CHANNELS"):
            joints[stack[-1]]["channels"] = line.split()[2:]
    return joints


def places(joints, row):
    at, world = 0, []
    for joint in joints:
        place, turn = joint["offset"].copy(), np.eye(3)
        for channel in joint["channels"]:
            value, at = row[at], at + 1
            if channel.endswith("position"):
                place["XYZ".index(channel[0])] = value
            else:
                turn = turn @ rotation(channel[0], value)
        if joint["parent"] < 0:
            world.append((place, turn))
        else:
            from_place, from_turn = world[joint["parent"]]
            world.append((from_place + from_turn @ place, from_turn @ turn))
    return [[round(float(v), 9) for v in place] for place, _ in world]


joints = skeleton(BVH)
rows = [[float(v) for v in line.split()] for line in BVH.split("0.008333\n")[1].strip().split("\n")]
HERE.joinpath("small.bvh").write_bytes(BVH.replace("\n", "\r\n").encode())
HERE.joinpath("small.json").write_text(
    json.dumps({"joints": [j["name"] for j in joints], "places": [places(joints, row) for row in rows]}) + "\n"
)
