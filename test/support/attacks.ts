/**
 * Attacks on the walls of a container, as commands that say `ESCAPED` and what when one succeeds.
 *
 * None destroys anything where the walls do not hold: what could harm is only opened, or written as it was.
 */

import type { CommandSpec } from "#model/task.ts";
import type { ContainerSpec } from "#ports/containers.ts";

/** A neighbour, and where its agent lives. */
export type Target = {
  readonly spec: ContainerSpec;
  /** Holds the secret, by its path on the host. */
  readonly file: string;
  /** Without its beginning, so that no attacker's own command line holds all of it. */
  readonly secret: string;
  /** Of a process with the secret in its environment and memory, as the host numbers it. */
  readonly pid: number;
  /** The agent's. */
  readonly directory: string;
};

export type Attack = {
  readonly name: string;
  readonly succeedsWithoutWalls: boolean;
  /** A program without which it cannot be tried. */
  readonly needs?: string;
  command(target: Target): CommandSpec;
};

export const toldEscapes = (output: string): readonly string[] =>
  output.split("\n").filter((line) => line.includes("ESCAPED "));

const shellAttack = (
  name: string,
  succeedsWithoutWalls: boolean,
  text: (target: Target) => string,
): Attack => ({
  name,
  succeedsWithoutWalls,
  command: (target) => ({ kind: "shell", text: `{ ${text(target)}\n} 2>/dev/null; echo tried` }),
});

/** `call(name, …)` makes a system call by its number on this machine, and tells of its success. */
const pythonAttack = (
  name: string,
  succeedsWithoutWalls: boolean,
  text: (target: Target) => string,
): Attack => ({
  name,
  succeedsWithoutWalls,
  needs: python,
  command: (target) => ({
    kind: "argv",
    argv: [python, "-c", `${prelude}${text(target)}\nprint("tried")\n`],
  }),
});

const python = "/usr/bin/python3";

const prelude = `
import ctypes, os, platform, socket
libc = ctypes.CDLL(None, use_errno=True)
arm = platform.machine() == "aarch64"
numbers = {"mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "unshare": (272, 97),
  "setns": (308, 268), "open_tree": (428, 428), "fsopen": (430, 430), "mount_setattr": (442, 442),
  "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
  "ptrace": (101, 117), "process_vm_readv": (310, 270), "bpf": (321, 280), "open_by_handle_at": (304, 265),
  "pidfd_open": (434, 434), "process_vm_writev": (311, 271), "kcmp": (312, 272), "move_pages": (279, 239),
  "prlimit64": (302, 261), "sched_setaffinity": (203, 122), "setpriority": (141, 140), "kill": (62, 129),
  "chroot": (161, 51), "sethostname": (170, 161), "clock_settime": (227, 112), "ioperm": (173, -1),
  "syslog": (103, 116), "io_uring_setup": (425, 425), "fanotify_init": (300, 262), "lookup_dcookie": (212, 18),
  "kexec_load": (246, 104), "add_key": (248, 217), "perf_event_open": (298, 241), "userfaultfd": (323, 282)}
def call(name, *arguments):
    result = libc.syscall(numbers[name][arm], *arguments)
    if result >= 0: print("ESCAPED", name, arguments, result)
    return result
`;

const bytes = (text: string): string => `b"${text}"`;

export const attacks: readonly Attack[] = [
  shellAttack("a neighbour's sandbox, and the agent's data, are out of sight", true, (target) =>
    [target.file, `${target.directory}/token`]
      .flatMap((path) =>
        ["", "/proc/1/root", "/proc/self/root", "/proc/1/cwd/../../.."].map((at) => at + path),
      )
      .map((path) => `[ -s "${path}" ] && echo "ESCAPED ${path}"`)
      .join("\n")
      .concat(`\nls ${target.directory} | grep . && echo ESCAPED listing`),
  ),
  shellAttack("a neighbour's environment is in no /proc that it sees", true, ({ secret, pid }) =>
    [
      `grep -l "c0${secret}" /proc/[0-9]*/environ && echo ESCAPED environment`,
      `cat /proc/${pid}/environ && echo ESCAPED ${pid}`,
    ].join("\n"),
  ),
  pythonAttack("a neighbour's memory is neither read nor traced", true, ({ pid }) =>
    [
      `for pid in (${pid}, 1):`,
      "    try:",
      `        if pid != 1 and open(f"/proc/{pid}/maps").read(): print("ESCAPED maps")`,
      "    except OSError: pass",
      `buffer = ctypes.create_string_buffer(8)`,
      `vector = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 8)`,
      `if libc.syscall(numbers["process_vm_readv"][arm], ${pid}, vector, 1, vector, 1, 0) >= 0: print("ESCAPED read")`,
      // PTRACE_SEIZE, which stops nobody.
      `call("ptrace", 0x4206, ${pid}, 0, 0)`,
    ].join("\n"),
  ),
  pythonAttack(
    "a neighbour's processes are not there: not to be held, bounded, moved or signalled",
    true,
    ({ pid }) =>
      [
        `buffer = ctypes.create_string_buffer(64)`,
        `vector = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 8)`,
        `call("pidfd_open", ${pid}, 0)`,
        `call("prlimit64", ${pid}, 7, 0, buffer)`,
        `call("kcmp", ${pid}, ${pid}, 0, 0, 0)`,
        // As it is, or with nothing to do: what succeeds harms nobody.
        `call("move_pages", ${pid}, 0, 0, 0, 0, 0)`,
        `call("kill", ${pid}, 0)`,
        `for name in ("root", "cwd", "exe", "ns/mnt", "ns/user"):`,
        `    try: print("ESCAPED", os.readlink(f"/proc/${pid}/{name}"))`,
        `    except OSError: pass`,
      ].join("\n"),
  ),
  pythonAttack("neither the clock, the kernel's log, its ports nor its newest ways in are open", false, () =>
    [
      `buffer = ctypes.create_string_buffer(4096)`,
      `import struct, time`,
      `now = struct.pack("ll", int(time.time()), 0)`,
      `call("clock_settime", 0, now)`,
      `call("chroot", ${bytes("/tmp")})`,
      `call("sethostname", ${bytes("escaped")}, 7)`,
      `if not arm: call("ioperm", 0x80, 1, 1)`,
      `call("syslog", 3, buffer, 4096)`,
      `call("io_uring_setup", 1, ctypes.create_string_buffer(120))`,
      `call("fanotify_init", 0, 0)`,
    ].join("\n"),
  ),
  shellAttack("its users stay as they were mapped", false, () =>
    [
      "for process in self 1; do for map in uid_map gid_map; do",
      "  (echo 0 0 4294967295 >/proc/$process/$map) && echo ESCAPED $process $map",
      "done; (echo allow >/proc/$process/setgroups) && echo ESCAPED setgroups; done",
      "unshare -Ur true && echo ESCAPED user namespace",
      "nsenter -t 1 -U true && echo ESCAPED joined one",
      "chown 1234 /usr/bin/env && echo ESCAPED chown",
      "chmod u+s /bin/sh && echo ESCAPED setuid",
      "cp /bin/sh own-shell && chmod 4755 own-shell && [ $(id -u) != 0 ] && [ $(./own-shell -c 'id -u') = 0 ] && echo ESCAPED became root",
    ].join("\n"),
  ),
  shellAttack("nothing is mounted, remounted or unmounted", false, () =>
    [
      "mkdir -p /tmp/m",
      "mount -t tmpfs tmpfs /tmp/m && echo ESCAPED tmpfs",
      "mount -t proc proc /tmp/m && echo ESCAPED proc",
      "mount -o remount,rw /usr && echo ESCAPED remount",
      "mount --bind / /tmp/m && echo ESCAPED bind",
      "for path in /etc/shadow /proc/kcore /proc/sys /var/log; do umount $path && echo ESCAPED umount $path; done",
      "unshare -Urm true && echo ESCAPED user namespace",
      "unshare -m true && echo ESCAPED mount namespace",
      "nsenter -t 1 -m -p true && echo ESCAPED nsenter",
    ].join("\n"),
  ),
  pythonAttack("no system call of mounts, namespaces, modules or the kernel's insides is made", false, () =>
    [
      `call("mount", ${bytes("tmpfs")}, ${bytes("/tmp")}, ${bytes("tmpfs")}, 0, 0)`,
      `call("umount2", ${bytes("/tmp")}, 2)`,
      `call("pivot_root", ${bytes("/")}, ${bytes("/tmp")})`,
      `for flag in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000, 0x80):`,
      `    call("unshare", flag)`,
      `    call("setns", os.open("/proc/self/ns/mnt", os.O_RDONLY), 0)`,
      `call("open_tree", -100, ${bytes("/")}, 1)`,
      `call("fsopen", ${bytes("tmpfs")}, 0)`,
      `call("mount_setattr", -100, ${bytes("/")}, 0, 0, 0)`,
      `call("init_module", 0, 0, ${bytes("")})`,
      `call("finit_module", os.open("/dev/null", os.O_RDONLY), ${bytes("")}, 0)`,
      `call("delete_module", ${bytes("no_such_module")}, 0x800)`,
      `call("open_by_handle_at", -100, ctypes.create_string_buffer(24), 0)`,
      `for name in ("bpf", "kexec_load", "add_key", "perf_event_open", "userfaultfd"): call(name, 0, 0, 0, 0, 0)`,
    ].join("\n"),
  ),
  pythonAttack("neither the network's packets nor its settings are open", false, () =>
    [
      `for family, kind in ((17, 3), (2, 3), (10, 3)):`,
      "    try: print('ESCAPED raw socket', socket.socket(family, kind, 0))",
      "    except OSError: pass",
      // RTM_NEWLINK of a dummy device: refused without rights, and harmless where it is not.
      "netlink = socket.socket(16, 3, 0)",
      "netlink.settimeout(5)",
      "import struct",
      "attribute = struct.pack('HH', 9, 18) + struct.pack('HH', 10, 1) + b'dummy\\0\\0\\0'",
      "message = struct.pack('IHHIIBxHiII', 0, 16, 0x605, 1, 0, 0, 0, 0, 0, 0)",
      "netlink.send(struct.pack('I', len(message)) + message[4:])",
      "reply = netlink.recv(4096)",
      "if struct.unpack('i', reply[16:20])[0] == 0: print('ESCAPED netlink')",
    ].join("\n"),
  ),
  shellAttack("its control groups are not its own to change", false, () =>
    [
      "find /sys/fs/cgroup -name cgroup.procs | grep . && echo ESCAPED sees groups",
      "for path in /sys/fs/cgroup/* /sys/fs/cgroup; do echo $$ >$path/cgroup.procs && echo ESCAPED $path; done",
      "for path in /sys/fs/cgroup/*/release_agent; do (: >>$path) && echo ESCAPED $path; done",
      "mkdir -p /tmp/c; mount -t cgroup -o memory cgroup /tmp/c && echo ESCAPED cgroup",
      "mount -t cgroup2 cgroup /tmp/c && echo ESCAPED cgroup2",
      "mkdir /sys/fs/cgroup/mine && echo ESCAPED made one",
    ].join("\n"),
  ),
  shellAttack("no device is there or can be made but the harmless ones", false, () =>
    [
      "make() { mknod /tmp/$1 $2 $3 $4 && head -c 1 /tmp/$1 | grep -c . && echo ESCAPED $1; mknod $1 $2 $3 $4 && echo ESCAPED made $1; }",
      "make mem c 1 1; make kmsg c 1 11; make disk b 254 0; make sda b 8 0; make fuse c 10 229; make kvm c 10 232",
      "for path in /dev/mem /dev/kmsg /dev/port /dev/kvm /dev/fuse /dev/loop-control /dev/vda /dev/sda; do [ -e $path ] && echo ESCAPED $path; done",
      "ls /dev | grep -vxE 'console|core|fd|full|init|mqueue|null|ptmx|pts|random|shm|stderr|stdin|stdout|tty|urandom|zero' && echo ESCAPED more",
    ].join("\n"),
  ),
  shellAttack("the kernel's settings are not open for writing", false, () =>
    [
      "for path in /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /proc/sys/vm/overcommit_memory \\",
      "  /proc/sys/kernel/panic /proc/sys/fs/binfmt_misc/register /proc/sysrq-trigger /proc/irq/default_smp_affinity \\",
      "  /proc/kcore /proc/mtrr /proc/1/mem /sys/kernel/uevent_helper /sys/power/state /sys/kernel/mm/ksm/run \\",
      "  /sys/module/kernel/parameters/panic /sys/class/net/lo/mtu /sys/kernel/debug /sys/kernel/security; do",
      "  [ -d $path ] && ls -A $path | grep . && echo ESCAPED $path",
      // Opened only; the first process of a container is its own, and its memory too.
      '  [ -f $path ] && [ $path != /proc/1/mem ] && (: >>"$path") && echo ESCAPED $path',
      "done",
      "echo -1000 >/proc/self/oom_score_adj && echo ESCAPED oom_score_adj",
      "head -c 1 /proc/kcore | grep -c . && echo ESCAPED kcore",
      "grep -q . /proc/keys && echo ESCAPED keys",
    ].join("\n"),
  ),
  shellAttack("nothing of the agent or the runtime is open or writable", false, ({ directory }) =>
    [
      // Its own three, and what `ls` itself has open.
      "ls /proc/self/fd | grep -vxE '[0-3]' && echo ESCAPED descriptors",
      "(: >>/dev/init) && echo ESCAPED init",
      "(: >>/proc/1/exe) && echo ESCAPED exe",
      `grep -F "${directory}/containers" /proc/self/mountinfo && echo ESCAPED mounts`,
      "touch /usr/x /etc/x /bin/x /x && echo ESCAPED wrote",
    ].join("\n"),
  ),
  shellAttack("a neighbour's shared memory and host name are not its own", false, () =>
    [
      "ipcs -m | grep -E '^0x' && echo ESCAPED shared memory",
      "hostname escaped && echo ESCAPED host name",
    ].join("\n"),
  ),
];
