// SPDX-License-Identifier: ISC
// What a program sees: its arguments, environment, identity, limits and surroundings.
#include "tests/peers/xinetd/case.h"

namespace minetd {
namespace {

const Case cases[] = {
    // -- arguments
    {"argv[0] is the last part of the path", "server_args = report a b", "show argv",
     "argv <probe><report><a><b>"},
    {"NAMEINARGS before server_args", "flags = NAMEINARGS\nserver_args = itself report",
     "show argv", "argv <itself><report>"},
    {"NAMEINARGS behind server_args", "server_args = itself report\nflags = NAMEINARGS",
     "open; rest", "closed", "served", "2.1, 11: wherever the flag stands"},
    {"NAMEINARGS without server_args", "flags = NAMEINARGS\n-server_args", "open; rest",
     "refused; refused"},
    {"no arguments", "-server_args", "open; rest", "probe: unknown mode\n"},
    // -- environment
    {"the environment", "wait = no", "show environment", "environment PATH REMOTE_HOST SHOWN",
     "environment PATH PROTO REMOTE_ADDR REMOTE_HOST REMOTE_PORT SHOWN TCPLOCALIP TCPLOCALPORT "
     "TCPREMOTEIP TCPREMOTEPORT",
     "9: REMOTE_PORT and the local address are told too"},
    {"REMOTE_HOST", "wait = no", "from 10.1.2.3; show REMOTE_HOST", "REMOTE_HOST=::ffff:10.1.2.3"},
    {"REMOTE_HOST, IPv4 alone", "flags = IPv4", "from 10.1.2.3; show REMOTE_HOST",
     "REMOTE_HOST=10.1.2.3"},
    {"REMOTE_HOST, IPv6", "wait = no", "to ::1; show REMOTE_HOST", "REMOTE_HOST=::1"},
    {"env", "env = FIRST=1 SECOND=two", "show FIRST SECOND", "FIRST=1; SECOND=two"},
    {"env over the daemon's own", "env = SHOWN=no", "show SHOWN", "SHOWN=no"},
    {"env with an equals sign in it", "env = FIRST=a=b", "show FIRST", "FIRST=a=b"},
    {"env, twice with +=", "env = FIRST=1\nenv += SECOND=2", "show FIRST SECOND",
     "FIRST=1; SECOND=2"},
    {"env -=", "env -= SHOWN", "open; rest", "refused; refused"},
    {"env without a value", "env = FIRST", "open; rest", "refused; refused"},
    {"passenv, empty", "passenv =", "show environment", "environment REMOTE_HOST",
     "environment PROTO REMOTE_ADDR REMOTE_HOST REMOTE_PORT TCPLOCALIP TCPLOCALPORT TCPREMOTEIP "
     "TCPREMOTEPORT",
     "9: REMOTE_PORT and the local address are told too"},
    {"passenv, some", "passenv = SHOWN NOT_THERE", "show environment",
     "environment REMOTE_HOST SHOWN",
     "environment PROTO REMOTE_ADDR REMOTE_HOST REMOTE_PORT SHOWN TCPLOCALIP TCPLOCALPORT "
     "TCPREMOTEIP TCPREMOTEPORT",
     "9: REMOTE_PORT and the local address are told too"},
    {"passenv, a path", "passenv = /home/cvsroot", "show environment", "environment REMOTE_HOST",
     "environment PROTO REMOTE_ADDR REMOTE_HOST REMOTE_PORT TCPLOCALIP TCPLOCALPORT TCPREMOTEIP "
     "TCPREMOTEPORT",
     "9: REMOTE_PORT and the local address are told too"},
    {"passenv and env", "passenv = SHOWN\nenv = FIRST=1", "show environment",
     "environment FIRST REMOTE_HOST SHOWN",
     "environment FIRST PROTO REMOTE_ADDR REMOTE_HOST REMOTE_PORT SHOWN TCPLOCALIP TCPLOCALPORT "
     "TCPREMOTEIP TCPREMOTEPORT",
     "9: REMOTE_PORT and the local address are told too"},
    {"passenv, twice with +=", "passenv = SHOWN\npassenv += PATH", "show environment",
     "environment PATH REMOTE_HOST SHOWN",
     "environment PATH PROTO REMOTE_ADDR REMOTE_HOST REMOTE_PORT SHOWN TCPLOCALIP TCPLOCALPORT "
     "TCPREMOTEIP TCPREMOTEPORT",
     "9: REMOTE_PORT and the local address are told too"},
    // -- identity
    {"user by name", "user = nobody", "show uid gid groups",
     "uid=65534 65534 65534; gid=65534 65534 65534; groups="},
    {"user by number", "user = 65534", "show uid gid groups",
     "uid=65534 65534 65534; gid=65534 65534 65534; groups="},
    {"user by a number that has another group", "user = 4", "show uid gid groups",
     "uid=4 4 4; gid=4 4 4; groups="},
    {"user by a number that nobody has", "user = 54321", "show uid gid groups",
     "uid=54321 54321 54321; gid=54321 54321 54321; groups="},
    {"root", "user = root", "show uid gid groups", "uid=0 0 0; gid=0 0 0; groups="},
    {"group by name", "group = daemon", "show uid gid groups",
     "uid=65534 65534 65534; gid=1 1 1; groups="},
    {"group by number", "group = 12345", "show uid gid groups",
     "uid=65534 65534 65534; gid=12345 12345 12345; groups="},
    {"groups = yes", "user = grouped\ngroups = yes", "show uid gid groups",
     "uid=4001 4001 4001; gid=4001 4001 4001; groups=4001 4002"},
    {"groups = no", "user = grouped\ngroups = no", "show uid gid groups",
     "uid=4001 4001 4001; gid=4001 4001 4001; groups="},
    {"groups unsaid", "user = grouped", "show uid gid groups",
     "uid=4001 4001 4001; gid=4001 4001 4001; groups="},
    // -- limits
    {"umask unsaid", "wait = no", "show umask", "umask=022"},
    {"umask", "umask = 027", "show umask", "umask=027"},
    {"umask, one figure", "umask = 2", "show umask", "umask=002"},
    {"umask that is not octal", "umask = 089", "open; rest", "refused; refused"},
    {"nice", "nice = 7", "show nice", "nice=7"},
    {"nice, downwards", "user = root\nnice = -3", "show nice", "nice=-3"},
    {"nice, downwards and not root", "nice = -3", "show nice", "nice=0", "nice=-3",
     "2: set before the user is, so that it works"},
    {"rlimit_as in megabytes", "rlimit_as = 512M", "show rlimit_as",
     "rlimit_as=536870912 536870912"},
    {"rlimit_as unlimited", "rlimit_as = UNLIMITED", "show rlimit_as", "rlimit_as=-1 -1"},
    {"rlimit_data in kilobytes", "rlimit_data = 65536k", "show rlimit_data",
     "rlimit_data=67108864 67108864"},
    {"rlimit_stack in bytes", "rlimit_stack = 1048576", "show rlimit_stack",
     "rlimit_stack=1048576 1048576"},
    {"rlimit_rss", "rlimit_rss = 4m", "show rlimit_rss", "rlimit_rss=4194304 4194304"},
    {"rlimit_cpu", "rlimit_cpu = 20", "show rlimit_cpu", "rlimit_cpu=20 20"},
    {"rlimit_cpu with a unit", "rlimit_cpu = 1M", "open; rest", "refused; refused"},
    {"rlimit_files", "rlimit_files = 64", "show rlimit_nofile", "rlimit_nofile=64 64"},
    {"rlimit_files unsaid", "wait = no", "show rlimit_nofile", "rlimit_nofile=20000 20000"},
    // -- surroundings
    {"descriptors", "wait = no", "show fds", "fds 0 1 2"},
    {"signals", "wait = no", "show blocked not_default", "blocked=; not_default="},
    {"session and group", "wait = no", "show sid pgid", "sid=its own; pgid=its own"},
    {"directory", "wait = no", "show cwd", "cwd=/"},
    {"standard error", "server_args = complain", "open; rest", "a complaint\n"},
    {"standard error elsewhere", "server_args = complain\nstderr = null", "open; rest",
     "a complaint\n", "closed", "9, 11: what only minetd has, it has here too"},
    {"an exit status", "server_args = exit 3\nlog_on_success = EXIT", "open; rest; records 2",
     "closed; START: ID; EXIT: ID status=3"},
    {"a signal", "server_args = die 9\nlog_on_success = EXIT", "open; rest; records 2",
     "closed; START: ID; EXIT: ID signal=9"},
};

}  // namespace

std::span<const Case> program_cases() {
    return cases;
}

}  // namespace minetd
