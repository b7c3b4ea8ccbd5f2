// SPDX-License-Identifier: ISC
#include "daemon/config/attributes.h"

#include <limits>

#include "daemon/config/admission_codecs.h"
#include "daemon/config/attribute_row.h"
#include "daemon/config/cgroup_codecs.h"
#include "daemon/config/credential_file.h"
#include "daemon/config/mdns_codecs.h"
#include "daemon/config/sandbox_codecs.h"

namespace minetd {

// -- the table
namespace {

using namespace codec;
using SocketTypes = Choice<SocketType, "stream, dgram, seqpacket, raw or rdm">;
using Overflows = Choice<Overflow, "queue or refuse">;
using SpawnPolicies = Choice<SpawnPolicy, "reactive or apache">;
using UdpGuards = Choice<UdpGuard, "strict, local or off">;
using SeccompActions = Choice<SeccompAction, "error or kill">;
using LogFormats = Choice<LogFormat, "text or json">;

using Spec = ServiceSpec;
using enum Effect;

constexpr std::int64_t no_limit = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t many = 1'000'000;              ///< sessions, starts
constexpr std::int64_t most_servers = 200'000;        ///< Apache's cap for ServerLimit
constexpr std::int64_t most_threads = 2'000'000'000;  ///< its cap for ServerLimit times ThreadLimit
constexpr std::int64_t longest = 4096;                ///< of a path or a word
constexpr std::int64_t socket_path = 107;             ///< sizeof sun_path, less its end
constexpr std::int64_t long_time = 10 * 365 * 86400;  ///< seconds

template <class Codec, auto... Path>
constexpr Row<Spec> row(const Attribute& attribute) {
    return make_row<Spec, Member<Spec, Codec, Path...>>(attribute);
}
template <int Resource, class Codec>
constexpr Row<Spec> rlimit(std::string_view name, std::string_view aliases, std::string_view help) {
    return make_row<Spec, Rlimit<Resource, Codec>>(
        {name, aliases, 0, no_limit, true, servers, help});
}
using Unlimited = Optional<Number, "unlimited">;

// name, aliases, min, max, in [defaults], effect of a change, help
constexpr Row<Spec> service_table[] = {
    // -- the socket
    row<Text, &Spec::name>(
        {"service", "name", 1, longest, false, socket,
         "the word that names the service: a name of services(5), a port, a unix path. A section "
         "that says it defines a service of its own, whatever its header"}),
    row<Text, &Spec::id>({"id", "", 1, longest, false, servers,
                          "the service's name in records; the service word unless said"}),
    row<YesNo, &Spec::disable>({"disable", "", 0, 0, true, none, "leaves the service out"}),
    row<SocketTypes, &Spec::socket_type>(
        {"socket_type", "socktype", 0, 0, true, socket, "the second field of a line"}),
    make_row<Spec, Together<Protocol, &Spec::protocol, &Spec::family, &Spec::protocol_number>>(
        {"protocol", "proto", 1, longest, true, socket,
         "the third field of a line; without 4, 6 or 46 one socket for each IP version"}),
    row<Number, &Spec::port>(
        {"port", "", 0, 65535, false, socket,
         "where the service listens, if its name does not tell; 0 for unix sockets"}),
    row<Addresses, &Spec::bind>({"bind", "address", 0, longest, true, socket,
                                 "the local addresses on which the service listens; * for any"}),
    row<Text, &Spec::path>({"path", "", 0, socket_path, false, socket,
                            "the path of a unix socket, @name in the abstract name space"}),
    row<Text, &Spec::socket_user>({"socket_user", "socket_owner", 0, longest, true, socket,
                                   "who owns the unix socket; empty: the daemon's user"}),
    row<Text, &Spec::socket_group>({"socket_group", "", 0, longest, true, socket,
                                    "the group of the unix socket; empty: the daemon's group"}),
    row<Optional<Mode, "default">, &Spec::socket_mode>(
        {"socket_mode", "", 0, 07777, true, socket,
         "the mode of the unix socket; default is 0666"}),
    row<Text, &Spec::interface>(
        {"interface", "", 0, 15, true, socket,
         "takes only what arrives on this network interface (SO_BINDTODEVICE); empty: all"}),
    row<YesNo, &Spec::freebind>({"freebind", "", 0, 0, true, socket,
                                 "binds addresses that this host does not have yet (IP_FREEBIND)"}),
    row<Optional<YesNo, "default">, &Spec::v6only>(
        {"v6only", "", 0, 0, true, socket,
         "whether an IPv6 socket refuses IPv4 peers; default is as the protocol says: tcp46 takes "
         "them"}),
    row<YesNo, &Spec::reuse_port>({"reuse_port", "reuseport", 0, 0, true, socket,
                                   "lets several sockets share the port (SO_REUSEPORT)"}),
    row<YesNo, &Spec::keepalive>(
        {"keepalive", "", 0, 0, true, servers, "probes silent peers (SO_KEEPALIVE)"}),
    row<YesNo, &Spec::nodelay>(
        {"nodelay", "", 0, 0, true, servers, "sends small pieces at once (TCP_NODELAY)"}),
    row<Number, &Spec::listen_backlog>(
        {"listen_backlog", "ListenBacklog backlog", 1, 65535, true, none,
         "connections that wait in the kernel; it clips this to net.core.somaxconn"}),
    row<Size, &Spec::sndbuf>({"sndbuf", "SendBufferSize", 0, 1 << 30, true, none,
                              "send buffer of the socket; 0: the kernel's choice"}),
    row<Size, &Spec::rcvbuf>({"rcvbuf", "recvbuf ReceiveBufferSize", 0, 1 << 30, true, none,
                              "receive buffer of the socket; 0: the kernel's choice"}),
    // -- how it is served
    row<ServeWord, &Spec::serve>({"serve", "mpm wait", 0, 0, true, servers,
                                  "the fourth field of a line: who serves a connection"}),
    make_row<Spec, Together<Tcpmux, &Spec::tcpmux, &Spec::tcpmux_plus>>(
        {"tcpmux", "", 0, 0, false, socket,
         "the service is reached through tcpmux and has no socket of its own"}),
    row<Unlimited, &Spec::limits, &Limits::instances>(
        {"instances", "accept_max", 0, many, true, servers, "sessions at once; 0 is never"}),
    row<Unlimited, &Spec::limits, &Limits::per_source>(
        {"per_source", "", 0, many, true, servers,
         "sessions at once from one source (an IPv4 address, an IPv6 /64)"}),
    row<Unlimited, &Spec::limits, &Limits::service_max>(
        {"service_max", "", 0, many, true, servers,
         "starts in any 60 seconds; exactly so many, and 0 is never"}),
    row<Unlimited, &Spec::limits, &Limits::ip_max>(
        {"ip_max", "", 0, many, true, servers, "starts in any 60 seconds from one source"}),
    row<Cps, &Spec::limits, &Limits::cps>(
        {"cps", "", 0, many, true, servers,
         "connections in any second, and the pause in seconds when there are more"}),
    row<Optional<Overflows, "default">, &Spec::limits, &Limits::overflow>(
        {"overflow", "", 0, 0, true, servers,
         "what happens to more than can be served: they wait in the kernel's queue, or are "
         "refused; by default more than `instances` are refused, and more than a pool serves "
         "wait"}),
    row<RateOfSource, &Spec::limits, &Limits::rate>(
        {"rate", "", 1, many, true, servers,
         "connections of one source on average, and how many of them at once"}),
    row<Prefixes, &Spec::limits, &Limits::source_prefix>(
        {"source_prefix", "", 0, 128, true, servers,
         "how much of an address is one source for per_source, ip_max and rate"}),
    row<Optional<Decimal, "unlimited">, &Spec::limits, &Limits::max_load>(
        {"max_load", "", 0, many, true, servers,
         "refuses while the host's load of the last minute is at least so high"}),
    row<TimeRanges, &Spec::limits, &Limits::access_times>(
        {"access_times", "", 0, 1440, true, servers,
         "times of the day, local, at which the service is there; both ends are, and a range may "
         "go over midnight; empty: always"}),
    row<OnlyFrom, &Spec::access, &AccessLists::only_from>(
        {"only_from", "", 0, longest, true, servers,
         "whoever is not on this list is refused; an empty list is nobody"}),
    row<AccessWords, &Spec::access, &AccessLists::no_access>(
        {"no_access", "", 0, longest, true, servers,
         "whoever is on this list is refused, on only_from or not"}),
    row<Text, &Spec::libwrap>(
        {"libwrap", "", 0, longest, true, servers,
         "the name under which hosts.allow(5) and hosts.deny(5) are asked; empty: they are not"}),
    row<Seconds, &Spec::ident_timeout>({"ident_timeout", "", 1, long_time, true, servers,
                                        "how long the peer's ident daemon (RFC 1413) has for its "
                                        "answer, where USERID is recorded"}),
    row<YesNo, &Spec::ident_only>({"ident_only", "", 0, 0, true, servers,
                                   "refuses whoever the peer's ident daemon does not identify"}),
    row<DenyTime, &Spec::deny_time>({"deny_time", "", 0, many, true, servers,
                                     "how long every service refuses whoever touched this sensor"}),
    row<Path, &Spec::banner>({"banner", "", 0, longest, true, servers,
                              "a file that every client is sent first; empty: none"}),
    row<Path, &Spec::banner_success>(
        {"banner_success", "", 0, longest, true, servers,
         "a file that whoever is admitted is sent before anything else; empty: none"}),
    row<Path, &Spec::banner_fail>({"banner_fail", "", 0, longest, true, servers,
                                   "a file that whoever is refused is sent; empty: none"}),
    row<Destination, &Spec::redirect>(
        {"redirect", "", 0, longest, false, servers,
         "where connections are forwarded to, in place of a program; empty: nowhere"}),
    row<Text, &Spec::redirect, &Redirect::source>(
        {"redirect_source", "", 0, longest, true, servers,
         "the local address that forwarded connections come from; empty: the kernel's choice"}),
    row<Seconds, &Spec::redirect, &Redirect::connect_timeout>(
        {"redirect_timeout", "", 0, long_time, true, servers,
         "how long the destination has to take a connection; 0: as long as the kernel tries"}),
    row<Choice<ProxyProtocol, "no, v1 or v2">, &Spec::redirect, &Redirect::proxy_protocol>(
        {"proxy_protocol", "", 0, 0, true, servers,
         "tells the destination of redirect first who the client is (HAProxy's PROXY protocol)"}),
    row<YesNo, &Spec::intercept>(
        {"intercept", "", 0, 0, true, servers,
         "forwards to a `wait` program through this host, so that each of its peers is admitted"}),
    row<Number, &Spec::rpc, &RpcProgram::number>(
        {"rpc_number", "", 0, 4294967295, false, socket,
         "the RPC program; 0: as rpc(5) has it under the service's name"}),
    row<Versions, &Spec::rpc>({"rpc_version", "", 0, 4294967295, false, socket,
                               "the versions of its RPC program that rpcbind(8) is told of"}),
    row<YesNo, &Spec::mdns, &MdnsSpec::announced>(
        {"mdns", "", 0, 0, true, none, "announces the service over multicast DNS"}),
    row<DiscoveryName, &Spec::mdns, &MdnsSpec::name>(
        {"mdns_name", "", 1, 63, true, none,
         "the name under which multicast DNS shows the service"}),
    row<DiscoveryType, &Spec::mdns, &MdnsSpec::type>(
        {"mdns_type", "", 0, longest, false, none,
         "its type for multicast DNS; empty: _NAME._tcp or _NAME._udp with the service's name"}),
    row<Number, &Spec::pool, &PoolLimits::start_servers>(
        {"start_servers", "StartServers", 0, most_servers, true, servers, "servers at the start"}),
    row<Number, &Spec::pool, &PoolLimits::min_spare_servers>(
        {"min_spare_servers", "MinSpareServers", 0, most_servers, true, servers,
         "with fewer idle servers more are started"}),
    row<Number, &Spec::pool, &PoolLimits::max_spare_servers>(
        {"max_spare_servers", "MaxSpareServers", 0, most_servers, true, servers,
         "with more idle servers some are ended"}),
    row<Number, &Spec::pool, &PoolLimits::min_spare_threads>(
        {"min_spare_threads", "MinSpareThreads", 0, most_threads, true, servers,
         "with fewer idle threads more are started: in all servers together, with threads and "
         "perchild in each"}),
    row<Number, &Spec::pool, &PoolLimits::max_spare_threads>(
        {"max_spare_threads", "MaxSpareThreads", 0, most_threads, true, servers,
         "with more idle threads some are ended"}),
    row<Number, &Spec::pool, &PoolLimits::threads_per_child>(
        {"threads_per_child", "ThreadsPerChild", 0, many, true, servers, "threads of a server"}),
    row<Number, &Spec::pool, &PoolLimits::thread_limit>(
        {"thread_limit", "ThreadLimit", 0, many, true, servers,
         "the most that threads_per_child or max_threads_per_child can be"}),
    row<Number, &Spec::pool, &PoolLimits::server_limit>(
        {"server_limit", "ServerLimit", 0, many, true, servers,
         "the size of the scoreboard: the most servers there can be"}),
    row<Number, &Spec::pool, &PoolLimits::max_request_workers>(
        {"max_request_workers", "MaxRequestWorkers MaxClients", 0, most_threads, true, servers,
         "what is served at once: servers of prefork, threads of all servers together elsewhere; "
         "unless said what server_limit allows"}),
    row<Number, &Spec::pool, &PoolLimits::max_connections_per_child>(
        {"max_connections_per_child", "MaxConnectionsPerChild MaxRequestsPerChild", 0,
         no_limit >> 32, true, servers, "a server retires after so many; 0 is never"}),
    row<Decimal, &Spec::pool, &PoolLimits::async_request_worker_factor>(
        {"async_request_worker_factor", "AsyncRequestWorkerFactor", 0, many, true, servers,
         "connections that a server takes for each idle thread, beyond threads_per_child"}),
    row<Number, &Spec::pool, &PoolLimits::num_servers>(
        {"num_servers", "NumServers", 0, many, true, servers, "servers, always so many"}),
    row<Number, &Spec::pool, &PoolLimits::start_threads>({"start_threads", "StartThreads", 0, many,
                                                          true, servers,
                                                          "threads of a server at its start"}),
    row<Number, &Spec::pool, &PoolLimits::max_threads_per_child>(
        {"max_threads_per_child", "MaxThreadsPerChild MaxThreads", 0, many, true, servers,
         "threads of a server at most; unless said thread_limit"}),
    row<Number, &Spec::pool, &PoolLimits::listen_cores_buckets_ratio>(
        {"listen_cores_buckets_ratio", "ListenCoresBucketsRatio", 0, many, true, socket,
         "one socket (SO_REUSEPORT) for so many processors; 0: one for all"}),
    row<Size, &Spec::pool, &PoolLimits::thread_stack_size>(
        {"thread_stack_size", "ThreadStackSize", 0, 1 << 30, true, servers,
         "stack of a thread; 0: the system's default"}),
    row<Kibibytes, &Spec::pool, &PoolLimits::max_mem_free>(
        {"max_mem_free", "MaxMemFree", 0, no_limit >> 8, true, servers,
         "memory that an idle server keeps for itself; 0: all it had"}),
    row<SpawnPolicies, &Spec::pool, &PoolLimits::spawn_policy>(
        {"spawn_policy", "", 0, 0, true, servers,
         "starts spares as soon as they are missing, or once a second as Apache does"}),
    row<Size, &Spec::pool, &PoolLimits::max_memory_per_child>(
        {"max_memory_per_child", "", 0, no_limit >> 8, true, servers,
         "a server retires when it has more resident; 0 is never"}),
    row<Number, &Spec::pool, &PoolLimits::recycle_jitter>(
        {"recycle_jitter", "", 0, 99, true, servers,
         "percent by which max_connections_per_child varies, so that not all servers retire at "
         "once"}),
    row<Seconds, &Spec::pool, &PoolLimits::drain_timeout>(
        {"drain_timeout", "GracefulShutdownTimeout", 0, long_time, true, servers,
         "how long a retired server has for its sessions; 0: as long as they last"}),
    row<Seconds, &Spec::pool, &PoolLimits::start_timeout>(
        {"start_timeout", "", 1, long_time, true, servers,
         "how long a server has until it is ready"}),
    row<Seconds, &Spec::pool, &PoolLimits::stuck_timeout>(
        {"stuck_timeout", "", 0, long_time, true, servers,
         "a server that works on one step longer is replaced; 0 is never"}),
    row<YesNo, &Spec::pool, &PoolLimits::accept>({"accept", "", 0, 0, false, servers,
                                                  "the program is resident: it takes the listening "
                                                  "socket (LISTEN_FDS) and accepts for itself"}),
    row<Assignments, &Spec::pool, &PoolLimits::assign_user>(
        {"assign_user", "", 0, 256, false, servers,
         "users to whom addresses of `bind` belong: connections there are served as that user"}),
    // -- who serves it
    row<Text, &Spec::user>({"user", "", 1, longest, true, servers,
                            "the user, by name or number, as which the service runs"}),
    row<Text, &Spec::group>(
        {"group", "", 0, longest, true, servers, "the group; empty: the user's own"}),
    row<Text, &Spec::login_class>(
        {"login_class", "class", 0, longest, true, servers, "BSD's login class"}),
    row<YesNo, &Spec::groups>(
        {"groups", "", 0, 0, true, servers, "the user's supplementary groups, or none"}),
    row<Text, &Spec::server>({"server", "exec", 0, longest, false, servers,
                              "the absolute path of the program, or `internal`"}),
    row<Text, &Spec::builtin>(
        {"builtin", "", 0, longest, false, servers,
         "the builtin that serves; `server = internal` is the one with the service's name"}),
    make_row<Spec, Argv0>({"argv0", "", 0, longest, false, servers,
                           "argv[0] of the program; the last part of its path unless said"}),
    make_row<Spec, Arguments>({"server_args", "args", 0, longest, false, servers,
                               "the arguments of the program or builtin, without argv[0]"}),
    // -- what surrounds it
    row<Environment, &Spec::env>(
        {"env", "", 0, longest, true, servers, "variables set for the program"}),
    row<Optional<Variables, "*">, &Spec::passenv>(
        {"passenv", "", 0, longest, true, servers,
         "variables that the program gets from the daemon's environment; * is all"}),
    row<Path, &Spec::chdir>(
        {"chdir", "directory", 1, longest, true, servers, "the program's working directory"}),
    row<Optional<Mode, "inherit">, &Spec::umask>(
        {"umask", "", 0, 0777, true, servers, "the program's file mode mask"}),
    row<Number, &Spec::nice>({"nice", "", -20, 19, true, servers, "the program's priority"}),
    row<YesNo, &Spec::session>(
        {"session", "", 0, 0, true, servers,
         "the program leads a session of its own, not only a process group"}),
    rlimit<RLIMIT_CPU, Seconds>("rlimit_cpu", "", "processor time"),
    rlimit<RLIMIT_FSIZE, Size>("rlimit_fsize", "", "size of a file that is written"),
    rlimit<RLIMIT_DATA, Size>("rlimit_data", "", "data segment"),
    rlimit<RLIMIT_STACK, Size>("rlimit_stack", "", "stack"),
    rlimit<RLIMIT_CORE, Size>("rlimit_core", "", "size of a core dump"),
    rlimit<RLIMIT_RSS, Size>("rlimit_rss", "", "resident set; Linux ignores it"),
    rlimit<RLIMIT_NPROC, Number>("rlimit_nproc", "", "processes of the user"),
    rlimit<RLIMIT_NOFILE, Number>("rlimit_nofile", "rlimit_files", "open descriptors"),
    rlimit<RLIMIT_MEMLOCK, Size>("rlimit_memlock", "", "locked memory"),
    rlimit<RLIMIT_AS, Size>("rlimit_as", "", "address space"),
    row<Stderr, &Spec::standard_error>(
        {"stderr", "standard_error", 0, longest, true, servers,
         "where standard error goes: the client, the log, nowhere, a file"}),
    // -- what it is kept from
    row<Optional<YesNo, "default">, &Spec::sandbox, &SandboxSpec::no_new_privs>(
        {"no_new_privs", "NoNewPrivileges", 0, 0, true, servers,
         "no exec gives more rights than there are: setuid programs run as who starts them; "
         "default "
         "is yes for builtins"}),
    row<Capabilities, &Spec::sandbox, &SandboxSpec::capabilities>(
        {"capabilities", "CapabilityBoundingSet AmbientCapabilities", 0, longest, true, servers,
         "all that are left of root's rights, to an unprivileged user too; inherit: as the user "
         "has them"}),
    row<Path, &Spec::sandbox, &SandboxSpec::chroot>(
        {"chroot", "RootDirectory", 0, longest, true, servers,
         "the directory that is / for the service, its program too; empty: none"}),
    row<SystemCalls, &Spec::sandbox, &SandboxSpec::seccomp>(
        {"seccomp", "SystemCallFilter", 0, longest, true, servers,
         "the system calls that are allowed, or with ~ forbidden; default is @builtin for "
         "builtins"}),
    row<SeccompActions, &Spec::sandbox, &SandboxSpec::seccomp_action>(
        {"seccomp_action", "", 0, 0, true, servers,
         "what a forbidden system call meets: EPERM, or the end of its process (SIGSYS)"}),
    row<YesNo, &Spec::sandbox, &SandboxSpec::private_tmp>(
        {"private_tmp", "PrivateTmp", 0, 0, true, servers,
         "the service has a /tmp and a /var/tmp of its own"}),
    row<YesNo, &Spec::sandbox, &SandboxSpec::private_network>(
        {"private_network", "PrivateNetwork", 0, 0, true, servers,
         "the service sees no network but a lo of its own; its clients' connections work"}),
    row<YesNo, &Spec::sandbox, &SandboxSpec::read_only>(
        {"read_only", "", 0, 0, true, servers,
         "nothing in the file system can be written, but in read_write_paths"}),
    row<Paths, &Spec::sandbox, &SandboxSpec::read_write_paths>(
        {"read_write_paths", "ReadWritePaths", 0, longest, true, servers,
         "what read_only leaves as it is"}),
    row<Paths, &Spec::sandbox, &SandboxSpec::landlock_read>(
        {"landlock_read", "", 0, longest, true, servers,
         "the only paths that can be read, beside those that can be written or executed"}),
    row<Paths, &Spec::sandbox, &SandboxSpec::landlock_write>(
        {"landlock_write", "", 0, longest, true, servers,
         "the only paths that can be written, and what is in them made and removed"}),
    row<Paths, &Spec::sandbox, &SandboxSpec::landlock_execute>(
        {"landlock_execute", "", 0, longest, true, servers,
         "the only paths of programs that can be started, with their loaders"}),
    row<Seconds, &Spec::idle_timeout>({"idle_timeout", "Timeout", 0, long_time, true, servers,
                                       "how long a builtin waits for a silent peer; 0: for ever"}),
    row<Optional<Seconds, "idle_timeout">, &Spec::timeouts, &Timeouts::first_byte>(
        {"first_byte_timeout", "", 0, long_time, true, servers,
         "how long a client of a builtin has for its first byte; 0: for ever"}),
    row<Optional<Seconds, "idle_timeout">, &Spec::timeouts, &Timeouts::request>(
        {"request_timeout", "", 0, long_time, true, servers,
         "how long it has for a request, from the first byte to the last; 0: for ever"}),
    row<Optional<Seconds, "idle_timeout">, &Spec::timeouts, &Timeouts::write>(
        {"write_timeout", "", 0, long_time, true, servers,
         "how long it may take nothing of what it is sent; 0: for ever"}),
    row<Optional<Seconds, "idle_timeout">, &Spec::timeouts, &Timeouts::keep_alive>(
        {"keep_alive_timeout", "KeepAliveTimeout", 0, long_time, true, servers,
         "how long it may be silent between two requests; 0: for ever"}),
    row<Seconds, &Spec::timeouts, &Timeouts::linger>(
        {"linger_timeout", "", 0, long_time, true, servers,
         "how long a builtin waits for the client's end after its own"}),
    row<UdpGuards, &Spec::udp_guard>(
        {"udp_guard", "", 0, 0, true, servers,
         "which peers a builtin on UDP answers: strict is against loops and reflection, local "
         "allows this host, off is for tests"}),
    row<Credentials, &Spec::credentials>(
        {"credentials", "", 0, longest, false, servers,
         "secrets that the program finds in $CREDENTIALS_DIRECTORY: some of minetd's own, or of "
         "files"}),
    // -- what its processes may use together
    row<Optional<Size, "unlimited">, &Spec::cgroup, &CgroupLimits::memory_max>(
        {"memory_max", "", 1, no_limit, true, none,
         "memory of all processes of the service; the kernel kills where more is used"}),
    row<Optional<Size, "unlimited">, &Spec::cgroup, &CgroupLimits::memory_high>(
        {"memory_high", "", 1, no_limit, true, none,
         "memory beyond which they are slowed down and made to give back"}),
    row<Unlimited, &Spec::cgroup, &CgroupLimits::tasks_max>(
        {"tasks_max", "", 1, many * 4, true, none,
         "processes and threads of the service; more cannot be forked"}),
    row<Optional<Number, "default">, &Spec::cgroup, &CgroupLimits::cpu_weight>(
        {"cpu_weight", "", 1, 10000, true, none,
         "its share of the processors where they are short, beside the others' 100"}),
    row<Optional<Percent, "unlimited">, &Spec::cgroup, &CgroupLimits::cpu_quota>(
        {"cpu_quota", "", 1, many, true, none,
         "processor time that it gets at most; 200 is two processors"}),
    // -- records
    row<Target, &Spec::log_type>(
        {"log_type", "", 0, longest, true, servers,
         "where the session records go; inherit: where the daemon's own messages go"}),
    row<LogFormats, &Spec::log_format>(
        {"log_format", "", 0, 0, true, servers, "how a record is written"}),
    row<LogFields, &Spec::log_on_success>(
        {"log_on_success", "", 0, 0, true, servers, "what is told of sessions"}),
    row<LogFields, &Spec::log_on_failure>(
        {"log_on_failure", "", 0, 0, true, servers, "what is told of refusals"}),
};

template <class Codec, auto... Path>
constexpr Row<DaemonSpec> daemon_row(const Attribute& attribute) {
    return make_row<DaemonSpec, Member<DaemonSpec, Codec, Path...>>(attribute);
}

constexpr Row<DaemonSpec> daemon_table[] = {
    daemon_row<Target, &DaemonSpec::log>(
        {"log", "log_type", 0, longest, false, none,
         "where the daemon's messages go; inherit: stderr in the foreground, else syslog"}),
    daemon_row<codec::Path, &DaemonSpec::pid_file>(
        {"pid_file", "PidFile", 0, longest, false, none,
         "the file that holds the daemon's process id; empty: none"}),
    daemon_row<Seconds, &DaemonSpec::graceful_shutdown_timeout>(
        {"graceful_shutdown_timeout", "GracefulShutdownTimeout", 0, long_time, false, none,
         "how long a stop waits for sessions; 0: as long as they last"}),
    daemon_row<CgroupPlace, &DaemonSpec::cgroup>(
        {"cgroup", "", 1, longest, false, none,
         "where each service gets a cgroup: below minetd's own where that is delegated, nowhere, "
         "or in this directory of a cgroup2 hierarchy"}),
    daemon_row<Seconds, &DaemonSpec::upgrade_timeout>(
        {"upgrade_timeout", "", 1, long_time, false, none,
         "how long a new binary has to say that it can take over (SIGUSR2)"}),
    daemon_row<Unlimited, &DaemonSpec::process_limit>(
        {"process_limit", "", 0, many, false, none,
         "programs of nowait services at once, all services together"}),
};

}  // namespace

std::span<const Row<ServiceSpec>> service_attributes() noexcept {
    return service_table;
}
std::span<const Row<DaemonSpec>> daemon_attributes() noexcept {
    return daemon_table;
}

}  // namespace minetd
