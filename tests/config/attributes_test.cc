// SPDX-License-Identifier: ISC
#include "daemon/config/attributes.h"

#include <doctest/doctest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "daemon/config/draft.h"
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
banner = /etc/banner
banner_success = /etc/banner.good
banner_fail = /etc/banner.bad
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

    TEST_CASE("values: taken, refused, and what is said") {
        struct {
            std::string setting, formatted, complaint;
        } const cases[] = {
            {"instances = 5", "nowait/5", ""},
            {"instances = UNLIMITED", "", ""},
            {"instances = -1", "", "-1 is out of range"},
            {"instances = 5x", "", "`5x` is not a number"},
            {"instances = 99999999999999999999999999", "", "out of range"},
            {"cps = 50 10", "cps = 50 10", ""},
            {"cps = 50 1m", "cps = 50 60", ""},
            {"cps = 0 10", "", ""},
            {"cps = 50", "", "two numbers"},
            {"nice = -20", "nice = -20", ""},
            {"nice = -21", "", "out of range"},
            {"umask = 22", "umask = 0022", ""},
            {"umask = 29", "", "not an octal mode"},
            {"sndbuf = 64k", "sndbuf=65536", ""},
            {"sndbuf = 2G", "", "out of range"},
            {"idle_timeout = 5m", "", ""},
            {"idle_timeout = 2h", "idle_timeout = 7200", ""},
            {"keepalive = on", "keepalive = yes", ""},
            {"keepalive = perhaps", "", "neither yes nor no"},
            {"credentials = a b:/etc/b", "credentials = a b:/etc/b", ""},
            {"credentials = a a:/etc/b", "", "there are two credentials `a`"},
            {"credentials = a:b", "", "`b` is not an absolute path"},
            {"credentials = a/b", "", "`a/b` is not the name of a credential"},
            {"credentials = .. ", "", "`..` is not the name of a credential"},
            {"credentials = :/etc/b", "", "`` is not the name of a credential"},
            {"memory_max = 64M", "memory_max = 67108864", ""},
            {"MemoryMax = unlimited", "nowait", ""},
            {"memory_max = 0", "", "out of range"},
            {"memory_max = all", "", "`all` is not a number"},
            {"TasksMax = 10", "tasks_max = 10", ""},
            {"cpu_weight = 10001", "", "out of range"},
            {"CPUWeight = 200", "cpu_weight = 200", ""},
            {"CPUQuota = 50%", "cpu_quota = 50", ""},
            {"cpu_quota = 50", "cpu_quota = 50", ""},
            {"cpu_quota = %", "", "is not a number"},
            {"stderr = null", "stderr = null", ""},
            {"stderr = file:/var/log/x", "stderr = /var/log/x", ""},
            {"stderr = x", "", "not a place for standard error"},
            {"log_type = SYSLOG local3 warn", "log_type = syslog:local3.warning", ""},
            {"log_type = syslog:mail", "log_type = syslog:mail.info", ""},
            {"log_type = syslog:mial", "", "did you mean `mail`?"},
            {"log_type = FILE /var/log/x", "log_type = file:/var/log/x", ""},
            {"log_type = FILE /var/log/x 1000k", "log_type = file:/var/log/x 1024000 1034240", ""},
            {"log_type = FILE /var/log/x 10 9", "", "hard limit is below"},
            {"log_type = FILE /var/log/x 10 19", "log_type = file:/var/log/x 10 19", ""},
            {"log_type = FILE /var/log/x 10 19 1", "", "`1` is too much here"},
            {"rate = 10/s", "rate = 10/s 10", ""},
            {"rate = 100/h 5", "rate = 100/h 5", ""},
            {"rate = 10", "", "`10` is no rate"},
            {"rate = 10/y", "", "`10/y` is no rate"},
            {"rate = 0/s", "", "out of range"},
            {"source_prefix = 24", "", "two numbers"},
            {"source_prefix = 33 64", "", "out of range"},
            {"max_load = 2.5", "max_load = 2.5", ""},
            {"access_times = 8:00-17:30", "access_times = 08:00-17:30", ""},
            {"access_times = 22:00-06:00 12:00-24:00", "access_times = 22:00-06:00 12:00-24:00",
             ""},
            {"access_times = 8-17", "", "`8` is no time of the day"},
            {"access_times = 08:00", "", "is no range of times"},
            {"access_times = 08:00-24:01", "", "`24:01` is no time of the day"},
            {"only_from =", "only_from =", ""},
            {"only_from = *", "nowait", ""},
            {"only_from += *", "", "`*` is everybody"},
            {"only_from = 10.1.0.0 127.0 0.0.0.0", "only_from = 10.1.0.0/16 127.0.0.0/8 0.0.0.0/0",
             ""},
            {"only_from = 10.1.2.3/255.255.0.0", "only_from = 10.1.0.0/16", ""},
            {"only_from = 10.1.2.3/255.0.255.0", "", "is no address"},
            {"only_from = 10.1.2.{3,4}", "only_from = 10.1.2.3/32 10.1.2.4/32", ""},
            {"only_from = 10.1.{3,4}", "only_from = 10.1.3.0/24 10.1.4.0/24", ""},
            {"only_from = 10.1.2.{3,400}", "", "is no address"},
            {"only_from = 10.0.0.0/33", "", "is no address"},
            {"only_from = 127.0.0.", "", "`127.0.0.` is no address"},
            {"only_from = 10.0.0.1,10.0.0.2", "", "is no address"},
            {"only_from = 2001:db8::1/32", "only_from = 2001:db8::/32", ""},
            {"only_from = ::ffff:10.0.0.1", "only_from = 10.0.0.1/32", ""},
            {"only_from = .Example.ORG Host", "only_from = .example.org host", ""},
            {"no_access -= 10.0.0.1", "", "is not in the list"},
            {"deny_time = forever", "deny_time = FOREVER", ""},
            {"deny_time = never", "nowait", ""},
            {"deny_time = soon", "", "is not a number"},
            {"redirect = 192.0.2.1", "", "a host and a port"},
            {"redirect = 192.0.2.1 0", "", "out of range"},
            {"redirect = \"\" 80", "", "there is no host"},
            {"rpc_version = 3-2", "", "ends before it begins"},
            {"banner = issue", "", "not an absolute path"},
            {"log_type = FILE x", "", "absolute path"},
            {"log_on_success = host pid usage", "log_on_success = PID HOST USAGE", ""},
            {"log_on_success = hots", "", "did you mean `HOST`?"},
            {"log_on_failure = NONE", "log_on_failure = NONE", ""},
            {"rlimit_as = 1g", "rlimit_as = 1073741824", ""},
            {"rlimit_files = 64", "rlimit_nofile = 64", ""},
            {"rlimit_core = UNLIMITED", "rlimit_core = unlimited", ""},
            {"env = A=1 B=\"x y\"", "env = A=1 \"B=x y\"", ""},
            {"env = A", "", "is not NAME=value"},
            {"env -= A", "", "is not set here"},
            {"passenv = PATH TZ", "passenv = PATH TZ", ""},
            {"passenv =", "passenv =", ""},
            {"chdir = tmp", "", "not an absolute path"},
            {"interface = a_very_long_interface", "", "more than 15"},
            {"user =", "", "there is no value"},
            {"user = \"\"", "", "cannot be empty"},
            {"serve = evnet", "", "did you mean `event`?"},
            {"serve = event", "", "write nowait, wait or prefork"},
            {"accept = yes", "", "nowait keeps no resident programs"},
            {"overflow = default", "nowait", ""},
            {"Timeout 60", "idle_timeout = 60", ""},
            {"KeepAliveTimeout 5", "keep_alive_timeout = 5", ""},
            {"write_timeout = 0", "write_timeout = 0", ""},
            {"write_timeout = idle_timeout", "nowait", ""},
            {"start_timeout = 0", "", "out of range"},
            {"listen_cores_buckets_ratio = -1", "", "out of range"},
            {"AsyncRequestWorkerFactor 0", "", "out of range"},
            {"AsyncRequestWorkerFactor -1", "", "out of range"},
            {"AsyncRequestWorkerFactor 1e3", "", "`1e3` is not a number"},
            {"AsyncRequestWorkerFactor nan", "", "out of range"},
            {"AsyncRequestWorkerFactor 1,5", "", "`1,5` is not a number"},
            {"max_mem_free = 2x", "", "`2x` is not a number"},
            {"assign_user = 127.0.0.1 u", "", "nowait serves all clients as one user"},
            {"assign_user = 127.0.0.1", "", "there is no user for 127.0.0.1"},
            {"assign_user = 127.0.0.1 a b c", "", "there is too much for 127.0.0.1"},
            {"assign_user = 127.0.0.1 a,", "", "there is nothing at this comma"},
            {"assign_user = , 127.0.0.1 a", "", "there is nothing at this comma"},
            {"assign_user = * a", "", "is no address of its own"},
            {"assign_user = 1/8 a", "", "is not an address"},
            {"assign_user = 127.0.0.1 \"a b\"", "", "is not the name of a user"},
            {"assign_user = 127.0.0.1 a, 127.0.0.1 b", "", "belongs to a already"},
            {"assign_user -= 127.0.0.1", "", "is not in the list"},
            {"assign_user -= 127.0.0.1 a", "", "-= takes addresses"},
            {"wait = yes", "wait", ""},
            {"group = \"a\\x09b\"", "", "control character"},
            {"bind = 127.0.0.1,::1", "127.0.0.1,[::1]:", ""},
            {"bind = * ::1", "", "already is every address"},
            {"bind = 1.2.3.4/8", "", "not an address"},
        };
        for (const auto& one : cases) {
            CAPTURE(one.setting);
            const Reading reading =
                read("7000 stream tcp nowait nobody /bin/cat\n[7000]\n" + one.setting + "\n");
            CAPTURE(reading.said());
            CHECK((reading.diagnostics.errors() > 0) == !one.complaint.empty());
            CHECK(reading.said().find(one.complaint) != std::string::npos);
            if (one.complaint.empty())
                CHECK(dump(reading.configuration).find(one.formatted) != std::string::npos);
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
}
