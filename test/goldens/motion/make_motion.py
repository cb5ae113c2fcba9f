"""Rotations, kinematics and features of a made-up clip by NumPy and SciPy in float64 -> motion.json."""
import json
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter1d, uniform_filter1d
from scipy.spatial.transform import Rotation

rng = np.random.default_rng(11)
FPS = 20
PARENTS = [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19]
OFFSETS = {
    1: (0.09, -0.06, 0), 3: (0, 0.11, 0), 4: (0, -0.42, 0), 6: (0, 0.13, 0), 7: (0, -0.43, 0), 9: (0, 0.06, 0),
    10: (0, -0.06, 0.13), 12: (0, 0.22, 0), 13: (0.08, 0.14, 0), 15: (0, 0.1, 0), 16: (0.1, 0, 0), 18: (0.27, 0, 0),
    20: (0.25, 0, 0),
}
MIRROR = {2: 1, 5: 4, 8: 7, 11: 10, 14: 13, 17: 16, 19: 18, 21: 20}
BODY = np.zeros((22, 3))
for joint in range(22):
    if joint in OFFSETS:
        BODY[joint] = OFFSETS[joint]
    elif joint in MIRROR:
        BODY[joint] = np.array(OFFSETS[MIRROR[joint]]) * [-1, 1, 1]
BODY = np.float32(BODY).astype(np.float64)
f32 = lambda a: np.float32(np.round(a, 6)).astype(np.float64)


def forward(local, root, offsets):
    """local [T, J] of Rotation as matrices [T, J, 3, 3] -> world positions and matrices."""
    world, places = np.zeros_like(local), np.zeros(local.shape[:2] + (3,))
    for j, p in enumerate(PARENTS):
        world[:, j] = local[:, j] if p < 0 else world[:, p] @ local[:, j]
        places[:, j] = root if p < 0 else places[:, p] + world[:, p] @ offsets[j]
    return places, world


def made_up(frames):
    """A figure that swings all its joints while it goes round a bend: quaternions [T, J, 4], root [T, 3]."""
    t = np.arange(frames) / FPS
    axes, phases = rng.normal(size=(22, 3)), rng.uniform(0, 6, size=22)
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    sizes = np.where(np.arange(22) < 1, 0.15, 0.5)
    angles = sizes * np.sin(2 * np.pi * 0.9 * t[:, None] + phases)
    local = Rotation.from_rotvec((angles[..., None] * axes).reshape(-1, 3)).as_quat().reshape(frames, 22, 4)
    heading = 0.7 + 0.8 * t + 0.3 * t**2
    turned = Rotation.from_rotvec(np.outer(heading, [0, 1, 0])) * Rotation.from_quat(local[:, 0])
    local[:, 0] = turned.as_quat()
    root = np.stack([1.5 + np.cumsum(np.sin(heading)) * 0.06, 0.95 + 0.03 * np.sin(9 * t),
                     -0.5 + np.cumsum(np.cos(heading)) * 0.06], 1)
    return f32(local), f32(root)


CHAINS = [[0, 2, 5, 8, 11], [0, 1, 4, 7, 10], [0, 3, 6, 9, 12, 15], [9, 14, 17, 19, 21], [9, 13, 16, 18, 20]]
REST = np.zeros((22, 3))
for joints, axis in [([1, 13], (1, 0, 0)), ([2, 14], (-1, 0, 0)), ([3, 6, 9, 12], (0, 1, 0)), ([10, 11, 15], (0, 0, 1)),
                     ([4, 5, 7, 8, 16, 17, 18, 19, 20, 21], (0, -1, 0))]:
    REST[joints] = axis
unit = lambda v: v / np.linalg.norm(v, axis=-1, keepdims=True)


def shortest(u, v):
    """Rodrigues' matrix of the shortest rotation from unit u to unit v, [..., 3, 3]."""
    u, v = np.broadcast_arrays(u, v)
    axis, cosine = np.cross(u, v), (u * v).sum(-1)[..., None, None]
    skew = np.zeros(axis.shape + (3,))
    skew[..., 0, 1], skew[..., 0, 2], skew[..., 1, 2] = -axis[..., 2], axis[..., 1], -axis[..., 0]
    skew -= np.swapaxes(skew, -1, -2)
    return np.eye(3) + skew + skew @ skew / (1 + cosine)


def facing(p, hips, smooth):
    across = hips * (p[:, 2] - p[:, 1]) + p[:, 17] - p[:, 16]
    forward = np.cross([0.0, 1, 0], unit(across))
    if smooth:
        forward = gaussian_filter1d(forward, 20, axis=0, mode="nearest")
    return unit(forward)


def inverse_kinematics(p, smooth):
    """The headings (forward -> +z) and the bones' rotations relative to the running one, [T, 22, 3, 3]."""
    # the published features come from code that takes the two hips for one another here
    heading = shortest(facing(p, -1, smooth), np.array([0.0, 0, 1]))
    heading[0] = np.eye(3)
    local = np.tile(np.eye(3), p.shape[:2] + (1, 1))
    local[:, 0] = heading
    for chain in CHAINS:
        running = heading
        for a, b in zip(chain, chain[1:]):
            target = shortest(REST[b], unit(p[:, b] - p[:, a]))
            local[:, b] = np.swapaxes(running, -1, -2) @ target
            running = target
    return local


def lengths(p):
    return np.array([0 if q < 0 else np.linalg.norm(p[0, j] - p[0, q]) for j, q in enumerate(PARENTS)])[:, None] * REST


def uniform(p, target):
    source = lengths(p)
    leg = lambda o: np.abs(o[5]).max() + np.abs(o[8]).max()
    local, out = inverse_kinematics(p, False), np.zeros_like(p)
    out[:, 0] = p[:, 0] * leg(target) / leg(source)
    for chain in CHAINS:
        running = local[:, 0]
        for a, b in zip(chain, chain[1:]):
            running = running @ local[:, b]
            out[:, b] = out[:, a] + running @ target[b]
    return out


def canonical(p):
    p = p - [0, p[..., 1].min(), 0]
    p = p - p[0, 0] * [1, 0, 1]
    return p @ shortest(facing(p, 1, False)[0], np.array([0.0, 0, 1])).T


def humanml(p):
    """263 numbers of canonical joints [T, 22, 3], T - 1 rows."""
    local = inverse_kinematics(p, True)
    q = local[:, 0]
    turn = q[1:] @ np.swapaxes(q[:-1], -1, -2)
    half = np.arctan2(turn[:, 0, 2], turn[:, 0, 0]) / 2
    travel = np.einsum("tij,tj->ti", q[1:], p[1:, 0] - p[:-1, 0])[:, [0, 2]]
    seen = np.einsum("tij,tkj->tki", q, p - p[:, :1] * [1, 0, 1])
    moved = np.einsum("tij,tkj->tki", q[:-1], p[1:] - p[:-1])
    feet = ((p[1:] - p[:-1]) ** 2).sum(-1)[:, [7, 10, 8, 11]] < 0.002
    six = np.concatenate([local[:-1, 1:, :, 0], local[:-1, 1:, :, 1]], -1)
    flat = lambda a: a.reshape(len(p) - 1, -1)
    return np.concatenate([flat(half), travel, p[:-1, 0, 1:2], flat(seen[:-1, 1:]), flat(six), flat(moved), feet], 1)


quaternions, root = made_up(24)
matrices = lambda q: Rotation.from_quat(q.reshape(-1, 4)).as_matrix().reshape(q.shape[:-1] + (3, 3))
places, world = forward(matrices(quaternions), root, BODY)

orders = ["XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX"]
a, b = Rotation.random(rng=rng), Rotation.random(rng=rng)
vector, angles = rng.normal(size=3), [33.0, -71.0, 124.0]
six = rng.normal(size=6)
x = six[:3] / np.linalg.norm(six[:3])
y = six[3:] - (x @ six[3:]) * x
y /= np.linalg.norm(y)
z = np.cross(x, y)
shares = [0, 0.3, 1]
ways = b if a.as_quat() @ b.as_quat() > 0 else Rotation.from_quat(-b.as_quat())
rotations = {
    "a": a.as_quat(), "b": b.as_quat(), "vector": vector, "angles": angles, "six": six,
    "product": (a * b).as_quat(), "turned": a.apply(vector), "matrix": a.as_matrix().ravel(),
    "columns": a.as_matrix()[:, :2].T.ravel(),
    "fromSix": Rotation.from_matrix(np.stack([x, y, z], 1)).as_quat(),
    "euler": {order: Rotation.from_euler(order, angles, degrees=True).as_quat() for order in orders},
    "slerp": [(a * Rotation.from_rotvec(s * (a.inv() * ways).as_rotvec())).as_quat() for s in shares],
}
feet = [7, 10, 8, 11]
moved = np.zeros((24, 4))
moved[1:] = ((places[1:] - places[:-1]) ** 2).sum(-1)[:, feet]
moved[0] = moved[1]

longer = BODY * rng.uniform(0.8, 1.3, size=(22, 1))  # another person: the same clip on other bones
other, _ = forward(matrices(quaternions), root * 1.1, longer)
target = lengths(places)
joints = canonical(uniform(other, target))

texts = np.round(rng.normal(size=(70, 5)), 3)
motions = np.round(texts + 0.9 * rng.normal(size=(70, 5)), 3)
apart = [np.linalg.norm(texts[s:s + 32, None] - motions[None, s:s + 32], axis=-1) for s in (0, 32)]
ranks = np.concatenate([(d < np.diag(d)[:, None]).sum(1) for d in apart])
third = np.diff(places, n=3, axis=0)
floor = places - [0, places[..., 1].min(), 0]
speeds = np.linalg.norm(np.diff(floor[:, [10, 11]][..., [0, 2]], axis=0), axis=-1) * FPS
low = (floor[:-1, [10, 11], 1] < 0.05) & (floor[1:, [10, 11], 1] < 0.05)
slow = uniform_filter1d(speeds, 5, axis=0, mode="constant")
seen = lambda p: p - p[:, :1]
metrics = {
    "texts": texts.ravel(), "motions": motions.ravel(),
    "precision": [(ranks < k).mean() for k in (1, 2, 3)],
    "distance": np.linalg.norm(texts - motions, axis=1).mean(),
    "jerk": np.abs(third).sum(-1).max(1),
    "skating": (low & (speeds > 0.5) & (slow > 0.5)).any(1).mean(),
    "mpjpe": 1000 * np.linalg.norm(seen(places) - seen(other), axis=-1).mean(),
    "path": np.linalg.norm((places - other)[:, 0, [0, 2]], axis=-1).mean(),
}
golden = {
    "rotations": rotations,
    "clip": {"rotations": quaternions.ravel(), "root": root.ravel(), "frames": 24, "fps": FPS},
    "positions": places.ravel(),
    "world": Rotation.from_matrix(world.reshape(-1, 3, 3)).as_quat().ravel(),
    "contacts": (moved < 0.002).astype(int).ravel(),
    "humanml": {"source": other.ravel(), "joints": joints.ravel(), "rows": humanml(joints).ravel(),
                "own": humanml(canonical(places))[::6].ravel()},
    "metrics": metrics,
}
plain = lambda v: {k: plain(w) for k, w in v.items()} if isinstance(v, dict) else \
    [plain(w) for w in v] if isinstance(v, (list, np.ndarray)) else v if isinstance(v, int) else \
    int(v) if isinstance(v, np.integer) else float(f"{float(v):.8g}")
Path(__file__).with_name("motion.json").write_text(json.dumps(plain(golden)).replace(" ", ""))
