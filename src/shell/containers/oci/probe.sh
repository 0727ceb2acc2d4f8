# Runs one container to find out whether the runtime works on this host, and leaves its state to be read.
#
# The container's command writes a line to `probe` in its sandbox. The caller limits the time and cleans up.
# Arguments: the bundle's directory, the runtime, the container's name, a path to unmount first (or nothing).

bundle=$1 runtime=$2 name=$3 hidden=$4
[ -z "$hidden" ] || umount "$hidden" || exit 1
"$runtime" --root "$bundle/state" create --bundle "$bundle" "$name" </dev/null >/dev/null || exit 1
"$runtime" --root "$bundle/state" start "$name" || exit 1
until [ -s "$bundle/sandbox/probe" ]; do
  # A command that ended without its line will never write it.
  "$runtime" --root "$bundle/state" state "$name" | grep -q '"status": "stopped"' &&
    ! [ -s "$bundle/sandbox/probe" ] && echo 'the command did not run' >&2 && exit 1
  sleep 0.01
done
