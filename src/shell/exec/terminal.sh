# Runs a command on the terminal that `script` made: raw, of the size asked for, after saying so.
# Arguments: rows, columns, then the command.

stty raw -echo rows "$1" cols "$2" || exit 125
shift 2
echo ready
exec "$@"
