# Keeps what a container writes on its terminal: in front of it stands the supervisor, which holds it back while
# nobody here takes it.
#
# It returns when it is connected, so that nothing is missed, and goes on by itself until the supervisor ends.
# Arguments: the container's directory and the file to append to. It reads nothing else and never writes back.

use strict;
use warnings;
use POSIX ();
use Socket;

my ($directory, $file) = @ARGV;
open(my $output, '>>', $file) or die "$file: $!\n";
chdir $directory or die "$directory: $!\n";
socket(my $terminal, AF_UNIX, SOCK_SEQPACKET, 0) or die "no socket: $!\n";
connect($terminal, pack_sockaddr_un('attach')) or die "no supervisor: $!\n";
my $child = fork();
defined $child or die "no process: $!\n";
exit 0 if $child;
POSIX::setsid();
chdir '/';
open(STDIN, '<', '/dev/null');
open($_, '>', '/dev/null') for *STDOUT, *STDERR;
# The first byte of each packet names the stream; a terminal has but one.
while (sysread($terminal, my $packet, 65536)) {
  my $at = 1;
  while ($at < length $packet) {
    my $written = syswrite($output, $packet, length($packet) - $at, $at);
    # A full disk loses output, and nothing else.
    last unless defined $written;
    $at += $written;
  }
}
