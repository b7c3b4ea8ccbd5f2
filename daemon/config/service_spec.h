// SPDX-License-Identifier: ISC
// What one service is, after reading and before anything is opened for it. Plain data with the
// defaults in place; validated once by check(), constant afterwards. Equality is meaning: two
// equal specs are the same service to a reload, wherever they were written.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/config/admission_spec.h"
#include "daemon/config/cgroup_spec.h"
#include "daemon/config/diagnostics.h"
#include "daemon/config/mdns_spec.h"
#include "daemon/config/sandbox_spec.h"

namespace minetd {

/// The fourth word: how the service's connections are served.
enum class Serve : std::uint8_t { nowait, wait, prefork, worker, event, threads, perchild };
enum class SocketType : std::uint8_t { stream, dgram, seqpacket, raw, rdm };
/// `any` is one socket per family (what Debian's inetd means by a bare `tcp`), `dual` is one
/// IPv6 socket that takes mapped IPv4 peers (`tcp46`).
enum class Family : std::uint8_t { any, v4, v6, dual, unix_domain };
/// At a limit: leave the connection in the kernel's backlog, or accept and refuse it.
enum class Overflow : std::uint8_t { queue, refuse };
enum class SpawnPolicy : std::uint8_t { reactive, apache };
/// Which peers a builtin datagram service answers (see services/reflection.h).
enum class UdpGuard : std::uint8_t { strict, local, off };
enum class LogFormat : std::uint8_t { text, json };

/// xinetd's `cps`: at most `rate` connections in any second, then none for `wait` seconds.
struct ConnectionsPerSecond {
    unsigned rate = 0;
    unsigned wait = 10;
    bool operator==(const ConnectionsPerSecond&) const = default;
};

/// How many, and how many at once. An absent value is no limit; 0 is "never".
struct Limits {
    std::optional<unsigned> instances;  ///< sessions at once (`/N`, `stream,N`, xinetd's instances)
    std::optional<unsigned>
        per_source;  ///< sessions at once from one source (FreeBSD's third number)
    std::optional<unsigned> service_max;  ///< starts in any 60 s (`.N`, `:N`)
    std::optional<unsigned>
        ip_max;  ///< starts in any 60 s from one source (FreeBSD's second number)
    std::optional<ConnectionsPerSecond> cps;
    /// What happens at a limit of sessions at once. Absent: more than `instances` are refused, as
    /// xinetd does; more than a pool can serve wait in the backlog, as with Apache.
    std::optional<Overflow> overflow;
    std::optional<Rate> rate;             ///< for each source; the listener is never closed for it
    SourcePrefix source_prefix;           ///< what one source is, for all of these
    std::optional<double> max_load;       ///< of the host, over the last minute
    std::vector<TimeRange> access_times;  ///< empty: always

    bool queues() const { return overflow == Overflow::queue; }

    bool operator==(const Limits&) const = default;
};

/// `assign_user`: connections to this local address are served as that user alone (perchild).
struct UserAssignment {
    std::string address;      ///< as in `bind`
    std::string user, group;  ///< empty group: the user's own
    bool operator==(const UserAssignment&) const = default;
};

/// Apache's directives for pools. The defaults here are prefork's; those of the other MPMs are
/// default_pool_limits()'s. Numbers are servers (processes) or threads as the name says.
struct PoolLimits {
    unsigned start_servers = 5;
    unsigned min_spare_servers = 5, max_spare_servers = 10;  ///< prefork
    unsigned min_spare_threads = 75, max_spare_threads = 250;
    unsigned threads_per_child = 25;
    unsigned thread_limit = 64;
    unsigned server_limit = 256;
    unsigned max_request_workers = 256;        ///< connections (prefork) or threads at once
    unsigned max_connections_per_child = 0;    ///< 0: a server never retires for its count
    double async_request_worker_factor = 2;    ///< event: idle connections per idle thread
    unsigned num_servers = 2;                  ///< perchild; threads has 1
    unsigned start_threads = 5;                ///< perchild, threads
    unsigned max_threads_per_child = 64;       ///< perchild, threads
    unsigned listen_cores_buckets_ratio = 0;   ///< 0: one socket for each address
    std::uint64_t thread_stack_size = 0;       ///< bytes; 0: the system's
    std::uint64_t max_mem_free = 2048 * 1024;  ///< bytes an idle server keeps for itself; 0: all

    // -- more than Apache
    SpawnPolicy spawn_policy = SpawnPolicy::reactive;
    std::uint64_t max_memory_per_child = 0;  ///< resident bytes; 0: a server never retires for them
    unsigned recycle_jitter = 10;            ///< percent by which max_connections_per_child varies
    unsigned drain_timeout = 0;  ///< seconds a retired server has for its sessions; 0: as they last
    unsigned start_timeout = 30;  ///< seconds until a server must be ready
    unsigned stuck_timeout = 0;   ///< seconds that one step may take; 0: as it takes
    bool accept = false;  ///< a resident program takes the listening sockets and accepts itself
    std::vector<UserAssignment> assign_user;

    bool operator==(const PoolLimits&) const = default;
};

/// Seconds that a builtin waits for its client; absent: idle_timeout. 0: for ever.
struct Timeouts {
    std::optional<unsigned> first_byte;  ///< from accept to the first byte
    std::optional<unsigned> request;     ///< from a request's first byte to its last
    std::optional<unsigned> write;       ///< without any progress of output that is owed
    std::optional<unsigned> keep_alive;  ///< between two requests
    unsigned linger = 2;                 ///< for the peer's end, after ours; Apache's short linger

    bool operator==(const Timeouts&) const = default;
};

/// One `rlimit_*` attribute: RLIMIT_NOFILE and so on, soft and hard alike.
struct ResourceLimit {
    int resource = 0;
    rlim_t value = RLIM_INFINITY;
    bool operator==(const ResourceLimit&) const = default;
};

/// Where a session's standard error goes.
struct StderrTarget {
    enum class Kind : std::uint8_t { socket, log, null, file } kind = Kind::socket;
    std::string path;  ///< for Kind::file; opened for appending, as the service's user
    bool operator==(const StderrTarget&) const = default;
};

/// Which session facts are recorded; xinetd's words.
enum LogField : unsigned {
    log_pid = 1,
    log_host = 2,
    log_userid = 4,
    log_exit = 8,
    log_duration = 16,
    log_traffic = 32,
    log_attempt = 64,
    log_usage = 128,  ///< log_usage: CPU time and peak memory of the program
};

/// A sink for records or messages: stderr, syslog[:facility[.level]], file:PATH, journal.
/// The default, `inherit`, is the daemon's own target.
struct LogTarget {
    enum class Kind : std::uint8_t {
        inherit,
        err,
        syslog,
        file,
        journal,
        none
    } kind = Kind::inherit;
    std::string facility = "daemon";
    std::string level = "info";
    std::string path;
    /// Of a file, in bytes; 0: it grows. Passing `soft` is told once; at `hard` nothing more is
    /// written until the logs are reopened.
    std::uint64_t soft = 0, hard = 0;
    bool operator==(const LogTarget&) const = default;
};

struct ServiceSpec {
    std::string id;        ///< names the service in records (xinetd's `id`); default: the name
    std::string name;      ///< the service word as written: a name, a number or a unix path
    Where where;           ///< the line or section that defined it
    bool disable = false;  ///< while reading; a disabled service is not in a Configuration

    // -- the socket
    SocketType socket_type = SocketType::stream;
    std::string protocol = "tcp";  ///< "tcp", "udp", "unix" or another name of /etc/protocols
    int protocol_number = 0;       ///< for socket(2); 0 for unix
    Family family = Family::any;
    std::vector<std::string> bind;  ///< addresses or host names; empty: any address
    std::uint16_t port = 0;         ///< host order; 0 for unix, raw and tcpmux entries
    std::string path;               ///< unix socket path, `@name` for the abstract name space
    std::string socket_user, socket_group;  ///< owner of the path; empty: the daemon's
    std::optional<mode_t> socket_mode;      ///< of the path; absent: 0666, as BSD's inetd
    std::string interface;                  ///< SO_BINDTODEVICE; empty: none
    bool freebind = false;
    std::optional<bool> v6only;  ///< absent: as the family says
    bool reuse_port = false;
    bool keepalive = false;
    bool nodelay = false;
    unsigned listen_backlog = 511;    ///< Apache's default; the kernel clips it to somaxconn
    unsigned sndbuf = 0, rcvbuf = 0;  ///< bytes; 0: the kernel's default

    // -- how it is served
    Serve serve = Serve::nowait;
    Limits limits;
    PoolLimits pool;

    // -- who serves it
    std::string user, group, login_class;  ///< names or numbers; empty group: the user's own
    bool groups = true;                    ///< initgroups(3), or no supplementary groups
    std::string server;                    ///< path of the program; empty for a builtin
    std::vector<std::string>
        server_args;           ///< argv, argv[0] included; for a builtin, after its name
    std::string builtin;       ///< name of the builtin; empty for a program
    bool tcpmux = false;       ///< an entry reached through tcpmux: it has no socket of its own
    bool tcpmux_plus = false;  ///< minetd sends the positive reply (`+name`)

    // -- what surrounds it
    std::map<std::string, std::string> env;           ///< set for the program
    std::optional<std::vector<std::string>> passenv;  ///< absent: all that is not the daemon's own
    std::string chdir = "/";
    std::optional<mode_t> umask;
    int nice = 0;
    /// The program leads a session (setsid(2)), not only a process group. It does so unasked where
    /// minetd has a controlling terminal, which is nothing for a client's program to have.
    bool session = false;
    std::vector<ResourceLimit> rlimits;  ///< ordered by resource, no duplicates
    StderrTarget standard_error;         ///< the attribute `stderr`
    unsigned idle_timeout = 300;         ///< seconds a builtin waits for a silent peer; 0: for ever
    Timeouts timeouts;
    SandboxSpec sandbox;
    UdpGuard udp_guard = UdpGuard::strict;
    CgroupLimits cgroup;
    /// NAME or NAME:FILE; the program finds them in $CREDENTIALS_DIRECTORY.
    std::vector<std::string> credentials;

    // -- who may come, and what they are told
    AccessLists access;
    std::string libwrap;  ///< the daemon's name in hosts.allow(5); empty: libwrap is not asked
    /// Seconds for the answer of the peer's ident daemon (RFC 1413), where USERID is recorded.
    unsigned ident_timeout = 30;
    bool ident_only = false;          ///< whoever is not identified is refused
    unsigned deny_time = deny_never;  ///< minutes for which a sensor has its visitors refused
    std::string banner;               ///< a file that every client is sent first
    std::string banner_success;       ///< then those who are admitted
    std::string banner_fail;          ///< or those who are refused

    // -- where it is served
    Redirect redirect;
    bool intercept = false;  ///< every peer of a `wait` program is admitted for itself
    RpcProgram rpc;
    MdnsSpec mdns;

    // -- records
    LogTarget log_type;
    LogFormat log_format = LogFormat::text;
    unsigned log_on_success = 0;         ///< LogField bits
    unsigned log_on_failure = log_host;  ///< LogField bits

    bool is_builtin() const { return !builtin.empty(); }
    bool is_datagram() const {
        return socket_type == SocketType::dgram || socket_type == SocketType::raw;
    }
    bool is_pool() const { return serve != Serve::nowait && serve != Serve::wait; }
    /// Its servers are copies of a program that accepts for itself.
    bool is_resident() const { return pool.accept; }
    /// A resident program has no client's socket that complaints could go to.
    StderrTarget::Kind error_output() const {
        const bool nowhere = is_resident() && standard_error.kind == StderrTarget::Kind::socket;
        return nowhere ? StderrTarget::Kind::log : standard_error.kind;
    }

    /// What identifies the service from one load to the next, and is unique in a configuration:
    /// `[hosts:]name[/versions]/protocol[family]` (or the path), with the versions that it has of
    /// an RPC program, and the socket type where it is not the usual one.
    std::string key() const;
    /// Gives the service another name. It stays announced as what the one before said that it is.
    void rename(std::string other);

    bool operator==(const ServiceSpec&) const = default;
};

/// The `[minetd]` section: the daemon itself.
struct DaemonSpec {
    LogTarget log;         ///< inherit: stderr in the foreground, syslog otherwise
    std::string pid_file;  ///< empty: none
    /// Seconds that sessions have to finish after TERM; 0: as long as they last, as Apache.
    unsigned graceful_shutdown_timeout = 30;
    /// Where the services' cgroups are: `auto` is below minetd's own where that was delegated, `no`
    /// is nowhere; or a directory of a cgroup2 hierarchy.
    std::string cgroup = "auto";
    /// Seconds that a new binary has to say that it can take over (SIGUSR2).
    unsigned upgrade_timeout = 30;
    std::optional<unsigned> process_limit;  ///< programs of `nowait` services at once, in all
    bool operator==(const DaemonSpec&) const = default;
};

}  // namespace minetd
