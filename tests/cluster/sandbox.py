"""Becomes a container's process: `sandbox.py SPEC.json [WORD...]` (words replace the spec's argv).

Joins the pod's network namespace, makes a mount namespace with the container's file system, drops to its user and
capabilities, and executes the program, all as the spec says. Only the standard library, since nothing else is there.
"""

import ctypes
import json
import os
import stat
import sys

libc = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWNET = 0x20000, 0x4000000, 0x8000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_SET_PDEATHSIG = 24, 38, 1
LAST_CAPABILITY = 40


def call(result, what):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)


def mount(source, target, kind=None, flags=0):
    text = [part and str(part).encode() for part in (source, target, kind)]
    call(libc.mount(*text, ctypes.c_ulong(flags), None), f"mount {source} at {target}")


def bind(source, target, read_only=False):
    mount(source, target, flags=MS_BIND | MS_REC)
    if read_only:
        mount(None, target, flags=MS_BIND | MS_REMOUNT | MS_RDONLY)


def place(target, like):
    """Makes an empty file or folder to mount onto."""
    if os.path.isdir(like):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if not os.path.lexists(target):
            open(target, "w").close()


def inside(root, path):
    """The path of a mount below the root, with links of the volume above it resolved within the root."""
    return root + os.path.normpath("/" + path)


def file_system(spec):
    root = spec["root"]
    call(libc.unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC), "unshare")
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    bind(root, root)
    os.makedirs(root + "/proc", exist_ok=True)
    mount("proc", root + "/proc", "proc", MS_NOSUID | MS_NODEV)
    if root != "/":
        place(root + "/sys", "/sys")
        bind("/sys", root + "/sys", True)
    for device in ("null", "zero", "full", "random", "urandom"):
        place(f"{root}/dev/{device}", "/dev/null")
        bind(f"/dev/{device}", f"{root}/dev/{device}")
    for each in spec["mounts"]:
        target = inside(root, each["target"])
        place(target, each["source"])
        bind(each["source"], target, each.get("read_only", False))
    if spec.get("read_only_root"):
        mount(None, root, flags=MS_BIND | MS_REMOUNT | MS_RDONLY)
    os.chroot(root)
    os.chdir(spec.get("cwd") or "/")


def find(program, env):
    if "/" in program:
        return program
    for folder in env.get("PATH", "/bin").split(":"):
        path = f"{folder}/{program}"
        if os.path.exists(path) and os.stat(path).st_mode & stat.S_IXUSR:
            return path
    return program


def drop(spec):
    if spec.get("drop_capabilities"):
        for capability in range(LAST_CAPABILITY + 1):
            libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    if not spec.get("rootless"):
        os.setgroups(spec.get("groups", []))
        os.setgid(spec["gid"])
        os.setuid(spec["uid"])
    if spec.get("no_new_privileges"):
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def main():
    spec = json.load(open(sys.argv[1]))
    argv = sys.argv[2:] or spec["argv"]
    network = os.open(spec["network"], os.O_RDONLY)
    call(libc.setns(network, CLONE_NEWNET), "setns")
    os.close(network)
    file_system(spec)
    libc.sethostname(spec["hostname"].encode(), len(spec["hostname"]))
    drop(spec)
    os.closerange(3, 64)
    try:
        os.execve(find(argv[0], spec["env"]), argv, spec["env"])
    except OSError as error:
        print(f"exec {argv[0]}: {error}", file=sys.stderr)
        sys.exit(127)


main()
