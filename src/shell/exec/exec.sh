# Runs a command in a container: started by the agent, in a mount namespace of its own.
# Arguments: a path to unmount first (or nothing), then the runtime and its own.

[ -z "$1" ] || umount "$1" || exit 125
shift
exec "$@"
