#!/bin/sh
# The first process of the small machine of `npm run test:cgroup2`: cgroup v2 with all of its controllers, the
# host's own files read-only, and everything that is written in memory.
#
# Nothing of it is left when the machine stops. Arguments come in the environment, from the kernel's command line:
# UNUM_REPOSITORY, UNUM_NODE, and UNUM_TESTS with commas between the files.

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LC_ALL=C
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
mkdir -p /dev/pts /dev/shm
mount -t devpts -o ptmxmode=0666,newinstance pts /dev/pts
mount -t tmpfs shm /dev/shm
for directory in /run /var/tmp; do mount -t tmpfs tmp "$directory"; done
mkdir -p /run/tmp
export TMPDIR=/run/tmp
case $UNUM_REPOSITORY in
  /tmp/*) ;;
  *) mount -t tmpfs tmp /tmp && TMPDIR=/tmp ;;
esac
mount -t cgroup2 cgroup /sys/fs/cgroup
for controller in cpu cpuset io memory pids; do echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control; done 2>/dev/null
hostname cgroup2
ip link set lo up

# Images need overlays, and disks of the tests' own loops; this kernel has them as modules.
load() {
  insmod "$1" 2>/dev/null && return
  python3 -c 'import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
sys.exit(libc.syscall(313, os.open(sys.argv[1], os.O_RDONLY), b"", 0) != 0)' "$1" 2>/dev/null
}
for module in overlay loop; do
  file=$(find /usr/lib/uml/modules /lib/modules -name "$module.ko" -path "*/$(uname -r)/*" 2>/dev/null | head -n 1)
  [ -z "$file" ] || load "$file"
done

cd "$UNUM_REPOSITORY" || exit 1
echo "cgroup2: Linux $(uname -r), controllers $(cat /sys/fs/cgroup/cgroup.controllers)"
# shellcheck disable=SC2046 # a list of files
UNUM_TEST_PATIENCE=10 "$UNUM_NODE" --test --test-reporter=spec --test-concurrency=1 \
  $(printf '%s' "$UNUM_TESTS" | tr , ' ') 2>&1
echo "cgroup2: ended with $?"
sync
halt -f -p 2>/dev/null || reboot -f
