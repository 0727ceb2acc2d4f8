# Types into the terminal of a container: what comes on standard input goes to the supervisor that holds it.
#
# What the supervisor sends is read and dropped, for it waits for every reader; the output is kept by another.
# It ends with its input or with the supervisor. Argument: the container's directory.

use strict;
use warnings;
use Socket;

chdir $ARGV[0] or die "$ARGV[0]: $!\n";
socket(my $terminal, AF_UNIX, SOCK_SEQPACKET, 0) or die "no socket: $!\n";
connect($terminal, pack_sockaddr_un('attach')) or die "no supervisor: $!\n";
my $watched = '';
vec($watched, fileno($_), 1) = 1 for *STDIN, $terminal;
while (select(my $found = $watched, undef, undef, undef) > 0) {
  if (vec($found, fileno($terminal), 1)) {
    last unless sysread($terminal, my $dropped, 65536);
  }
  if (vec($found, fileno(STDIN), 1)) {
    last unless sysread(STDIN, my $typed, 4096);
    defined syswrite($terminal, $typed) or last;
  }
}
