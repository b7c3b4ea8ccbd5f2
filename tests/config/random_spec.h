// SPDX-License-Identifier: ISC
// Random specs that a configuration can hold, from a seed.
#pragma once

#include <random>

#include "daemon/config/access_words.h"
#include "daemon/config/attributes.h"
#include "daemon/config/configuration.h"
#include "daemon/config/names.h"
#include "daemon/config/pool_attributes.h"

namespace minetd::testing {

class RandomSpec {
  public:
    explicit RandomSpec(unsigned seed) : random_(seed) {}

    /// `unique` keeps keys apart.
    ServiceSpec make(unsigned unique) {
        ServiceSpec spec;
        socket(spec, unique);
        spec.id = chance(2) ? spec.name : word();
        program(spec);
        limits(spec);
        surroundings(spec);
        return spec;
    }

    unsigned below(unsigned n) { return static_cast<unsigned>(random_() % n); }
    bool chance(unsigned n) { return below(n) == 0; }

    /// Any printable word, blanks and quotes too.
    std::string word() {
        static constexpr std::string_view bytes = "abcxyzABC019_-./:,;=#'\" \\[]@+\xC3\xA4";
        std::string out;
        for (unsigned n = 1 + below(12); n > 0; --n)
            out += bytes[below(static_cast<unsigned>(bytes.size()))];
        return out;
    }
    /// Any word, control characters too; empty as well.
    std::string argument() {
        if (chance(8)) return {};
        std::string out = word();
        if (chance(4))
            out.insert(below(static_cast<unsigned>(out.size())), 1,
                       static_cast<char>(1 + below(255)));
        return out;
    }

  private:
    template <class T>
    T one_of(std::initializer_list<T> values) {
        return *(values.begin() + below(static_cast<unsigned>(values.size())));
    }

    void socket(ServiceSpec& spec, unsigned unique) {
        spec.port = static_cast<std::uint16_t>(1024 + unique % 60000);
        spec.name = chance(3) ? "svc" + std::to_string(unique) : std::to_string(spec.port);
        spec.protocol = one_of<const char*>({"tcp", "udp", "unix", "sctp"});
        spec.socket_type = usual_type(spec.protocol);
        if (spec.protocol == "unix") {
            spec.family = Family::unix_domain;
            spec.port = 0;
            spec.name = "/run/" + std::to_string(unique) + (chance(4) ? word() : "");
            spec.path = chance(4) ? "@" + std::to_string(unique) : spec.name;
            if (chance(3)) spec.socket_type = one_of({SocketType::dgram, SocketType::seqpacket});
            if (chance(2)) spec.socket_user = "root";
            if (chance(2)) spec.socket_group = "adm";
            if (chance(2)) spec.socket_mode = below(07777);
        } else {
            spec.protocol_number = protocol_from(spec.protocol)->number;
            spec.family = one_of({Family::any, Family::v4, Family::v6, Family::dual});
            if (chance(3) && spec.family != Family::v6)
                spec.bind.push_back("127.0.0." + std::to_string(1 + below(250)));
            if (chance(3) && spec.family != Family::v4)
                spec.bind.push_back("fe80::" + std::to_string(1 + below(900)) + "%eth0");
            if (chance(4)) spec.bind.push_back("host.example.org");
        }
        if ((spec.protocol == "tcp" || spec.protocol == "udp") && chance(5)) {
            spec.rpc.number = 1 + below(1U << 31);
            spec.rpc.low = 1 + below(100);
            spec.rpc.high = spec.rpc.low + below(3);
            if (chance(2)) spec.port = 0;
        }
        if (chance(6)) spec.interface = "eth0";
        spec.freebind = chance(4);
        spec.reuse_port = chance(4);
        spec.keepalive = chance(4);
        spec.nodelay = chance(4);
        if (chance(4)) spec.v6only = chance(2);
        if (chance(4)) spec.listen_backlog = 1 + below(65535);
        if (chance(4)) spec.sndbuf = below(1U << 30);
        if (chance(4)) spec.rcvbuf = below(1U << 30);
    }

    void program(ServiceSpec& spec) {
        spec.user = chance(5) ? "svc.web" : "nobody";
        if (chance(3)) spec.group = "adm";
        if (chance(5)) spec.login_class = "daemon";
        spec.groups = !chance(4);
        if (chance(2)) {
            spec.builtin = chance(2) ? spec.name.substr(spec.name.rfind('/') + 1) : word();
            if (spec.builtin.empty()) spec.builtin = "echo";
            spec.serve = one_of({Serve::nowait, Serve::prefork, Serve::worker, Serve::event,
                                 Serve::threads, Serve::perchild});
        } else {
            spec.server = "/usr/sbin/" + (chance(3) ? word() : "tool");
            spec.serve = spec.is_datagram() ? Serve::wait
                                            : one_of({Serve::nowait, Serve::wait, Serve::prefork});
            std::string argv0 = chance(3) ? argument() : "tool";
            if (argv0.empty()) argv0 = "x";
            spec.server_args.push_back(
                argv0.find_first_of("\x7f") == argv0.npos && printable(argv0) ? argv0 : "tool");
        }
        for (unsigned n = below(4); n > 0; --n) spec.server_args.push_back(argument());
        if (spec.protocol == "tcp" && spec.serve == Serve::nowait && spec.rpc.low == 0 &&
            chance(6)) {
            spec.tcpmux = true;
            spec.tcpmux_plus = chance(2);
            spec.port = 0;
        }
        if (spec.is_pool()) pool(spec);
    }

    /// Limits as settle_pool() leaves them.
    void pool(ServiceSpec& spec) {
        PoolLimits& pool = spec.pool = default_pool_limits(spec.serve);
        const bool floats = spec.serve == Serve::threads || spec.serve == Serve::perchild;
        if (chance(5)) return;
        pool.server_limit = 1 + below(1000);
        if (spec.serve == Serve::prefork) {
            pool.max_request_workers = chance(3) ? pool.server_limit : 1 + below(pool.server_limit);
            pool.start_servers = 1 + below(50);
            pool.min_spare_servers = 1 + below(50);
            pool.max_spare_servers = pool.min_spare_servers + 1 + below(50);
            pool.accept = !spec.is_builtin() && chance(2);
        } else {
            pool.thread_limit = 1 + below(500);
            const unsigned threads = 1 + below(pool.thread_limit);
            pool.min_spare_threads = 1 + below(200);
            pool.max_spare_threads = pool.min_spare_threads + (floats ? 1 : threads) + below(50);
            pool.thread_stack_size = chance(2) ? 0 : 65536 + below(1'000'000);
            if (floats) {
                pool.num_servers = 1 + below(pool.server_limit);
                pool.max_threads_per_child = threads;
                pool.start_threads = 1 + below(threads);
            } else {
                pool.start_servers = 1 + below(50);
                pool.threads_per_child = threads;
                pool.max_request_workers =
                    threads * (chance(3) ? pool.server_limit : 1 + below(pool.server_limit));
            }
            if (spec.serve == Serve::event) pool.async_request_worker_factor = 1 + below(90) / 8.0;
            if (spec.serve == Serve::perchild && chance(2))
                for (const std::string& host : spec.bind)
                    pool.assign_user.push_back({host, "u" + std::to_string(below(9)),
                                                chance(2) ? "" : "g" + std::to_string(below(9))});
        }
        pool.max_connections_per_child = below(1000);
        pool.listen_cores_buckets_ratio = below(3);
        pool.max_mem_free = 1024 * below(5000);
        pool.spawn_policy = one_of({SpawnPolicy::reactive, SpawnPolicy::apache});
        pool.max_memory_per_child = below(1U << 31);
        pool.recycle_jitter = below(100);
        pool.drain_timeout = below(100);
        pool.start_timeout = 1 + below(100);
        pool.stuck_timeout = below(100);
    }

    void limits(ServiceSpec& spec) {
        for (auto* limit : {&spec.limits.instances, &spec.limits.per_source,
                            &spec.limits.service_max, &spec.limits.ip_max})
            if (chance(3)) *limit = below(100);
        if (chance(3)) spec.limits.cps = ConnectionsPerSecond{1 + below(100), below(100)};
        if (chance(2)) spec.limits.overflow = one_of({Overflow::queue, Overflow::refuse});
        if (chance(3))
            spec.limits.rate = Rate{1 + below(100), one_of({1U, 60U, 3600U, 86400U}), 1 + below(9)};
        if (chance(3)) spec.limits.source_prefix = {below(33), below(129)};
        if (chance(3)) spec.limits.max_load = 1 + below(90) / 8.0;
        for (unsigned n = below(3); n > 0; --n)
            spec.limits.access_times.push_back(
                {static_cast<std::uint16_t>(below(1440)), static_cast<std::uint16_t>(below(1441))});
        if (!spec.is_resident() && chance(3)) spec.access.only_from = rules();
        if (!spec.is_resident() && chance(3)) spec.access.no_access = rules();
        if (!spec.is_resident() && chance(4)) spec.libwrap = "thingd";
        if (chance(4)) spec.ident_timeout = 1 + below(100);
        // Peers of others cannot be identified.
        spec.ident_only = spec.protocol == "tcp" && spec.port != 113 && !spec.is_resident() &&
                          spec.serve != Serve::wait && chance(4);
        if (chance(3)) spec.deny_time = one_of({deny_forever, 1 + below(100)});
        for (auto* banner : {&spec.banner, &spec.banner_success, &spec.banner_fail})
            // Where no connection is ours, there is none.
            if (!spec.is_datagram() && !spec.is_resident() && spec.serve != Serve::wait &&
                chance(4))
                *banner = "/etc/" + word();
        if (chance(4)) spec.redirect.source = "127.0.0.2";
        if (chance(4)) spec.redirect.connect_timeout = below(100);
        if (chance(4))
            spec.redirect.proxy_protocol = one_of({ProxyProtocol::v1, ProxyProtocol::v2});
        spec.mdns.announced = chance(4);
        if (chance(4))
            spec.mdns.name = one_of({std::string("%s on %h"), std::string("#1 \"\xC3\xA4\" \\ =")});
        if (chance(4))
            spec.mdns.type = one_of({std::string("_http._tcp"), std::string("_x-1._udp")});
    }

    AccessRules rules() {
        AccessRules out;
        for (unsigned n = below(4); n > 0; --n) {
            const std::string number = std::to_string(n);
            read_access_word(one_of({"10." + number + ".0.0", "2001:db8:" + number + "::/48",
                                     ".example" + number + ".org", "host" + number}),
                             out);
        }
        return out;
    }

    void surroundings(ServiceSpec& spec) {
        for (unsigned n = below(3); n > 0; --n)
            spec.env["V" + std::to_string(below(9))] = argument();
        if (chance(3)) spec.passenv.emplace();
        if (spec.passenv && chance(2)) spec.passenv->push_back("PATH");
        if (chance(4)) spec.chdir = "/" + word();
        if (chance(4)) spec.umask = below(0777);
        if (chance(4)) spec.session = true;
        if (chance(4)) spec.nice = static_cast<int>(below(40)) - 20;
        for (const int resource : {RLIMIT_CPU, RLIMIT_STACK, RLIMIT_CORE, RLIMIT_NOFILE, RLIMIT_AS})
            if (chance(4))
                spec.rlimits.push_back({resource, chance(3) ? RLIM_INFINITY : below(1'000'000)});
        using Kind = StderrTarget::Kind;
        spec.standard_error.kind = one_of({Kind::socket, Kind::log, Kind::null, Kind::file});
        if (spec.standard_error.kind == Kind::file) spec.standard_error.path = "/var/log/" + word();
        if (chance(3)) sandbox(spec.sandbox, spec.is_builtin());
        if (chance(4)) spec.idle_timeout = below(100000);
        Timeouts& timeouts = spec.timeouts;
        for (auto* seconds :
             {&timeouts.first_byte, &timeouts.request, &timeouts.write, &timeouts.keep_alive})
            if (chance(3)) *seconds = below(1000);
        if (chance(3)) timeouts.linger = below(100);
        spec.udp_guard = one_of({UdpGuard::strict, UdpGuard::local, UdpGuard::off});
        for (auto* limit :
             {&spec.cgroup.memory_max, &spec.cgroup.memory_high, &spec.cgroup.tasks_max})
            if (chance(4)) *limit = 1 + below(1'000'000);
        if (!spec.is_builtin() && chance(4)) spec.credentials = {"key", "tls:/etc/" + word()};
        for (auto* limit : {&spec.cgroup.cpu_weight, &spec.cgroup.cpu_quota})
            if (chance(4)) *limit = 1 + below(10'000);
        using Log = LogTarget::Kind;
        spec.log_type.kind =
            one_of({Log::inherit, Log::err, Log::syslog, Log::file, Log::journal, Log::none});
        if (spec.log_type.kind == Log::syslog)
            spec.log_type.facility = "local3", spec.log_type.level = "debug";
        if (spec.log_type.kind == Log::file) spec.log_type.path = "/var/log/" + word();
        spec.log_format = one_of({LogFormat::text, LogFormat::json});
        spec.log_on_success = below(256);
        spec.log_on_failure = below(256);
    }

    void sandbox(SandboxSpec& sandbox, bool builtin) {
        if (chance(3)) sandbox.no_new_privs = chance(2);
        if (chance(3)) sandbox.capabilities.emplace();
        if (sandbox.capabilities && chance(2)) *sandbox.capabilities = {"chown", "kill"};
        if (chance(4)) sandbox.chroot = "/" + word();
        if (chance(3)) sandbox.seccomp.emplace();
        if (sandbox.seccomp && chance(2))
            *sandbox.seccomp = {builtin ? "@builtin" : "@system-service", "~@privileged", "read"};
        sandbox.seccomp_action = one_of({SeccompAction::error, SeccompAction::kill});
        sandbox.private_tmp = chance(2);
        sandbox.private_network = chance(2);
        sandbox.read_only = chance(2);
        for (auto* paths : {&sandbox.read_write_paths, &sandbox.landlock_read,
                            &sandbox.landlock_write, &sandbox.landlock_execute})
            if (chance(3)) paths->push_back("/" + word());
    }

    static bool printable(const std::string& text) {
        for (const unsigned char c : text)
            if (c < 0x20 || c == 0x7F) return false;
        return true;
    }

    std::mt19937 random_;
};

}  // namespace minetd::testing
