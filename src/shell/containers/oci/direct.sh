# Stands in for the OCI runtime under a supervisor that is too old to leave a container's output alone: the container
# gets its files in the sandbox from here instead.
#
# Called by conmon as its runtime; UNUM_RUNTIME is the real one, UNUM_SANDBOX where the files are. It never writes
# itself, and becomes the runtime.

runtime=$UNUM_RUNTIME sandbox=$UNUM_SANDBOX
unset UNUM_RUNTIME UNUM_SANDBOX
exec "$runtime" "$@" >>"$sandbox/stdout" 2>>"$sandbox/stderr"
