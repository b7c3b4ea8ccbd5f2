// SPDX-License-Identifier: ISC
#include "daemon/config/attributes.h"

#include <doctest/doctest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "daemon/config/draft.h"
#include "daemon/config/xinetd_attributes.h"
#include "tests/config/reading.h"

namespace minetd::testing {

/// Converts to anything: how many of them an aggregate takes is how many members it has. Only asked
/// for, never called.
struct Anything {
    template <class T>
    operator T() const;  // NOLINT: implicit on purpose
};

}  // namespace minetd::testing

using namespace minetd;
using namespace minetd::testing;

namespace {

template <class T, class... Members>
constexpr std::size_t members() {
    if constexpr (requires { T{Members{}..., Anything{}}; })
        return members<T, Members..., Anything>();
    else
        return sizeof...(Members);
}

/// A service in which no attribute has its default.
constexpr std::string_view all_changed = R"(
[everything]
service = thing
id = another
socket_type = dgram
protocol = udp6
port = 4711
bind = ::1
interface = lo
freebind = yes
v6only = no
reuse_port = yes
keepalive = yes
nodelay = yes
listen_backlog = 7
sndbuf = 1k
rcvbuf = 2k
serve = wait
instances = 1
per_source = 2
service_max = 3
ip_max = 4
cps = 5 6
overflow = queue
rate = 7/m 8
source_prefix = 24 56
max_load = 9.5
access_times = 08:00-17:30 22:00-06:00
only_from = 10.0.0.0/8 2001:db8::/32 .example.org host.example.org
no_access = 10.1.2.{3,4} 192.168.0.0
libwrap = thingd
ident_timeout = 9
deny_time = 10
redirect_source = 127.0.0.2
redirect_timeout = 11
proxy_protocol = v2
intercept = yes
rpc_number = 100083
rpc_version = 2-3
mdns = yes
mdns_name = "%s on %h"
mdns_type = _http._tcp
user = nobody
group = adm
login_class = daemon
groups = no
server = /bin/cat
argv0 = dog
server_args = a "b c"
env = A=1
passenv = PATH
chdir = /tmp
umask = 027
nice = 3
session = yes
rlimit_cpu = 1
rlimit_fsize = 2
rlimit_data = 3
rlimit_stack = 4
rlimit_core = 5
rlimit_rss = 6
rlimit_nproc = 7
rlimit_nofile = 8
rlimit_memlock = 9
rlimit_as = unlimited
stderr = log
no_new_privs = no
capabilities = net_bind_service chown
chroot = /srv/jail
seccomp = @system-service ~@privileged
seccomp_action = kill
private_tmp = yes
private_network = yes
read_only = yes
read_write_paths = /var/lib/thing
landlock_read = /usr /etc
landlock_write = /tmp
landlock_execute = /usr
idle_timeout = 1m
first_byte_timeout = 2
request_timeout = 3
write_timeout = 4
keep_alive_timeout = 5
linger_timeout = 6
udp_guard = off
credentials = key tls:/etc/key
memory_max = 64m
memory_high = 48m
tasks_max = 20
cpu_weight = 50
cpu_quota = 150%
log_type = file:/x 10k 12k
log_format = json
log_on_success = PID
log_on_failure = PID

[pool]
service = pool
port = 4712
user = nobody
builtin = echo
serve = prefork
start_servers = 6
min_spare_servers = 7
max_spare_servers = 8
server_limit = 30
max_request_workers = 29
max_connections_per_child = 9
listen_cores_buckets_ratio = 4
max_mem_free = 3
spawn_policy = apache
max_memory_per_child = 64m
recycle_jitter = 11
drain_timeout = 12
start_timeout = 13
stuck_timeout = 14

[forwarded]
service = forwarded
port = 4716
user = nobody
redirect = 127.0.0.1 80

[event]
service = event
port = 4713
user = nobody
builtin = echo
serve = event
min_spare_threads = 76
max_spare_threads = 251
threads_per_child = 26
thread_limit = 65
async_request_worker_factor = 1.5
thread_stack_size = 128k

[perchild]
service = perchild
port = 4714
user = nobody
builtin = echo
serve = perchild
bind = 127.0.0.1 ::1
num_servers = 3
start_threads = 6
max_threads_per_child = 63
assign_user = 127.0.0.1 alice, ::1 bob staff

[resident]
service = resident
port = 4715
user = nobody
server = /bin/cat
serve = prefork
accept = yes

[/run/thing]
user = nobody
server = /bin/cat
path = @thing
socket_user = root
socket_group = adm
socket_mode = 0600

[mux]
service = thing
banner = /etc/banner
banner_success = /etc/banner.good
banner_fail = /etc/banner.bad
tcpmux = plus
ident_only = yes
user = nobody
server = /bin/cat
)";

}  // namespace

TEST_SUITE("config") {
    TEST_CASE("every member of the specs is behind a row of the table") {
        // Whoever adds a member is sent here: give it a row, a line in all_changed, and count it.
        CHECK(members<ServiceSpec>() == 65);
        CHECK(members<Limits>() == 10);
        CHECK(members<PoolLimits>() == 25);
        CHECK(members<Timeouts>() == 5);
        CHECK(members<CgroupLimits>() == 5);
        CHECK(members<SandboxSpec>() == 12);
        CHECK(members<MdnsSpec>() == 3);
        CHECK(members<UserAssignment>() == 3);
        CHECK(members<DaemonSpec>() == 6);

        const Reading changed = read(all_changed);
        CAPTURE(changed.said());
        REQUIRE(changed.diagnostics.errors() == 0);
        const ServiceSpec standard;
        for (const Row<ServiceSpec>& row : service_attributes()) {
            if (row.name == "disable") continue;  // no service of a configuration has it
            CAPTURE(row.name);
            bool differs = false;
            for (const auto& spec : changed.configuration.services) {
                if (row.equal(standard, *spec)) continue;
                differs = true;
                ServiceSpec copy;
                row.copy(*spec, copy);
                CHECK_FALSE(copy == standard);
            }
            CHECK(differs);
        }
        const Reading again = read(dump(changed.configuration));
        CHECK(again.configuration == changed.configuration);
    }

    TEST_CASE("the rows together carry a whole spec from one to another") {
        for (const auto& spec : read(all_changed).configuration.services) {
            ServiceSpec copy;
            for (const Row<ServiceSpec>& row : service_attributes()) row.copy(*spec, copy);
            CHECK(copy == *spec);
        }
    }

    TEST_CASE("names and aliases are unique, and found however they are spelled") {
        std::set<std::string_view> seen;
        for (const Row<ServiceSpec>& row : service_attributes())
            CHECK(seen.insert(row.name).second);
        struct {
            std::string written, name;
        } const cases[] = {
            {"MaxRequestWorkers", "max_request_workers"},
            {"MaxClients", "max_request_workers"},
            {"max-clients", "max_request_workers"},
            {"MAXREQUESTSPERCHILD", "max_connections_per_child"},
            {"StartServers", "start_servers"},
            {"rlimit_files", "rlimit_nofile"},
            {"ListenBacklog", "listen_backlog"},
            {"AsyncRequestWorkerFactor", "async_request_worker_factor"},
            {"MaxThreads", "max_threads_per_child"},
            {"GracefulShutdownTimeout", "drain_timeout"},
            {"graceful_shutdown_timeout", "drain_timeout"},
            {"Socket-Type", "socket_type"},
        };
        for (const auto& one : cases) {
            CAPTURE(one.written);
            const auto* row = find_service_attribute(one.written);
            REQUIRE(row);
            CHECK(row->name == one.name);
        }
        CHECK(find_service_attribute("instanecs") == nullptr);
        CHECK(suggest_attribute("instanecs") == "did you mean `instances`?");
        CHECK(suggest_attribute("qqqqqqqqqqqq").empty());
    }

    TEST_CASE("what format writes, assign reads back") {
        for (const Row<ServiceSpec>& row : service_attributes()) {
            CAPTURE(row.name);
            for (const auto& spec : read(all_changed).configuration.services) {
                if (row.equal(ServiceSpec{}, *spec) || row.name == "disable") continue;
                const Reading back =
                    read("[x]\nservice = x\nport = 1\nuser = u\nserver = /bin/cat\n" +
                         std::string(row.name) + " = " + row.format(*spec) + "\n");
                // Some make no sense alone, so that the service is refused; but each value can be
                // read.
                CHECK(back.said().find(std::string(row.name) + ": ") == std::string::npos);
            }
        }
    }

    TEST_CASE("the manual has every attribute") {
        std::ifstream in(MINETD_TEST_SOURCES "/../man/minetd.conf.5");
        std::stringstream manual;
        manual << in.rdbuf();
        REQUIRE(in);
        const auto is_there = [&](std::string_view name) {
            CAPTURE(std::string(name));
            CHECK(manual.str().find("\n.It Cm " + std::string(name) + "\n") != std::string::npos);
        };
        for (const Attribute& row : service_attributes()) is_there(row.name);
        for (const Attribute& row : daemon_attributes()) is_there(row.name);
    }

    TEST_CASE("--attributes and --explain tell what the table has") {
        const std::string list = list_attributes();
        for (const Row<ServiceSpec>& row : service_attributes()) {
            CAPTURE(row.name);
            CHECK(list.find("\n" + std::string(row.name) + " ") != std::string::npos);
            std::string suggestion;
            CHECK(explain_attribute(row.name, suggestion).starts_with(row.name));
            CHECK(suggestion.empty());
        }
        std::string suggestion;
        CHECK(explain_attribute("MaxClients", suggestion).find("default:    256") !=
              std::string::npos);
        CHECK(explain_attribute("StartServers", suggestion)
                  .find("default:    5 (prefork), 3 (worker, event)\n") != std::string::npos);
        CHECK(explain_attribute("instanecs", suggestion).empty());
        CHECK(suggestion == "did you mean `instances`?");
    }

    TEST_CASE("--explain tells what becomes of whatever only xinetd has") {
        const auto known = [](std::string_view name) {
            std::string suggestion;
            return explain_attribute(name, suggestion);
        };
        for (const XinetdAttribute& attribute : xinetd_attributes()) {
            CAPTURE(attribute.name);
            CHECK_FALSE(known(attribute.name).empty());
        }
        for (const char* name : {"type", "flags", "enabled", "disabled", "include", "includedir"}) {
            CAPTURE(std::string(name));
            CHECK(known(name).find("natively: ") != std::string::npos);
            CHECK(known(name).find("minetd-xinetd(7)") != std::string::npos);
        }
    }
}
