// SPDX-License-Identifier: ISC
// Operations on the daemon under continuous load: no request of any client is lost, but those of
// connections that a killed process itself held. MINETD_LOSS=long does each as often as a release
// asks for; the table is printed in any case. Under a service manager: tests/systemd/load_check.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "daemon/os/socket.h"
#include "daemon/os/systemd.h"
#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/datagram_load.h"
#include "tests/integration/fd_store.h"
#include "tests/integration/lacks.h"
#include "tests/integration/load.h"
#include "tests/integration/process_sockets.h"
#include "tests/integration/process_tree.h"
#include "tests/integration/upgradable.h"

using namespace minetd;

namespace {

using namespace std::chrono_literals;

constexpr auto session = 300ms;  ///< of a client that stays
constexpr auto between = 50ms;   ///< of one operation and the next

unsigned times(unsigned shortly, unsigned at_length) {
    const char* value = std::getenv("MINETD_LOSS");
    return value != nullptr && std::string_view(value) == "long" ? at_length : shortly;
}

/// Services of all kinds, at addresses that stay theirs over the daemon's lives.
class Services {
  public:
    Services() {
        constexpr const char* kinds[] = {
            "nowait {user} /bin/cat cat",   "nowait {user} internal echo",
            "prefork {user} /bin/cat cat",  "prefork {user} internal echo",
            "worker {user} internal echo",  "event {user} internal echo",
            "threads {user} internal echo",
        };
        for (const char* kind : kinds) {
            // Held until all are chosen, so that no two are the same.
            places_.push_back(open_listener(address_of("127.0.0.1", 0), {.type = SOCK_STREAM}));
            addresses_.push_back(local_address(places_.back().get()));
            lines_ += fmt::format("{} stream tcp4 {}\n", addresses_.back().str(), kind);
        }
        places_.clear();
    }
    const std::vector<SocketAddress>& addresses() const { return addresses_; }
    /// `variant` changes every service in a way that takes new servers, and has one more.
    std::string configuration(unsigned variant = 0, unsigned timeout = 20) const {
        std::string text = lines_;
        if (variant % 2 != 0) text += "{another} stream tcp4 prefork {user} internal echo\n";
        text += fmt::format(
            "[defaults]\nper_source = 500\nlisten_backlog = 512\nnice = {}\nspawn_policy = "
            "reactive\n",
            1 + variant % 2);
        return text + fmt::format("[minetd]\ngraceful_shutdown_timeout = {}\n", timeout);
    }

  private:
    std::vector<UniqueFd> places_;
    std::vector<SocketAddress> addresses_;
    std::string lines_;
};

/// One client at each service, each of which was answered.
class Guests {
  public:
    explicit Guests(const Services& services) {
        for (const SocketAddress& service : services.addresses()) {
            guests_.push_back(std::make_unique<Client>(service));
            CHECK(is_answered(*guests_.back()));
        }
    }
    static bool is_answered(Client& client) {
        client.send("hello\n");
        return client.line() == "hello\n";
    }
    const std::vector<std::unique_ptr<Client>>& all() const { return guests_; }

  private:
    std::vector<std::unique_ptr<Client>> guests_;
};

void kill_alone(DaemonUnderTest& daemon, const Services& services) {
    daemon.signal(SIGKILL);
    daemon.await_exit();
    for (const SocketAddress& service : services.addresses()) {
        CAPTURE(service.str());
        CHECK(comes_true([&] { return Client(service).end() == Client::End::refused; }));
    }
}

/// Stopped first, so that what it holds stays what it holds.
void kill_under(Load& load, pid_t pid) {
    REQUIRE(::kill(pid, SIGSTOP) == 0);
    CHECK(comes_true([&] { return is_stopped(pid); }));
    load.doom(peers_of(pid));
    ::kill(pid, SIGKILL);
}

void report(const char* operation, unsigned count, const LoadCounts& seen) {
    MESSAGE(table_row(operation, count, seen));
    CHECK(seen.answered > count);
    CHECK(seen.lost() == 0);
}

}  // namespace

TEST_SUITE_BEGIN("loss");

TEST_CASE("the load notices a loss") {
    const Services services;
    auto daemon = std::make_unique<DaemonUnderTest>(services.configuration());
    Load load(services.addresses(), session);
    std::this_thread::sleep_for(between);
    daemon->stop();
    std::this_thread::sleep_for(between);
    const LoadCounts seen = load.stop();
    CHECK(seen.answered > 0);
    CHECK(seen.refused > 0);
    CHECK(seen.lost() == seen.refused + seen.reset + seen.cut);
}

TEST_CASE("reloads") {
    const Services services;
    DaemonUnderTest daemon(services.configuration());
    const unsigned count = times(5, 50);
    Load load(services.addresses(), session);
    for (unsigned i = 1; i <= count; ++i) {
        std::this_thread::sleep_for(between);
        CHECK(daemon.reload(services.configuration(i)).find("7 changed") != std::string::npos);
    }
    std::this_thread::sleep_for(between);
    report("reload (HUP)", count, load.stop());
}

TEST_CASE("upgrades") {
    const Services services;
    Upgradable minetd(services.configuration());
    const unsigned count = times(5, 50);
    Load load(services.addresses(), session);
    for (unsigned i = 1; i <= count; ++i) {
        std::this_thread::sleep_for(between);
        // Every other one goes over to another configuration too.
        minetd.daemon().configure(services.configuration(i / 2));
        minetd.must_upgrade();
    }
    std::this_thread::sleep_for(between);
    report("upgrade (USR2)", count, load.stop());
}

TEST_CASE("datagrams that come during upgrades are all answered") {
    const char* const names[] = {"single", "prefork", "worker", "event"};
    const std::string services = R"(
{single}  dgram udp4 wait    {user} internal echo
{prefork} dgram udp4 prefork {user} internal echo
{worker}  dgram udp4 worker  {user} internal echo
{event}   dgram udp4 event   {user} internal echo
[defaults]
udp_guard = local
)";
    Upgradable minetd(services);
    std::vector<std::uint16_t> ports;
    for (const char* name : names) ports.push_back(minetd.port(name));
    DatagramLoad load(ports);
    constexpr int count = 8;
    for (int i = 1; i <= count; ++i) {
        load.await_answers(100);
        // Half of them begin their servers anew.
        minetd.daemon().configure(services + "nice = " + std::to_string(i / 2 % 2) + "\n");
        minetd.must_upgrade();
    }
    load.await_answers(100);
    const std::vector<DatagramLoad::Fates> fates = load.stop();
    for (std::size_t at = 0; at < std::size(names); ++at) {
        CAPTURE(std::string(names[at]));
        MESSAGE(fmt::format("{} upgrades, {}: {} datagrams, {} answered", count, names[at],
                            fates[at].sent, fates[at].answered));
        CHECK(fates[at].answered == fates[at].sent);
        CHECK(fates[at].wrong == 0);
    }
}

TEST_CASE("kills under --supervise") {
    if (lacks(systemd::can_notify(), "libsystemd")) return;
    const Services services;
    DaemonUnderTest minetd(services.configuration(), {.arguments = {"--supervise"}});
    const unsigned count = times(3, 20);
    std::size_t after_first = 0, after_last = 0;
    Load load(services.addresses(), session);
    for (unsigned i = 0; i < count; ++i) {
        std::this_thread::sleep_for(between);
        minetd.await_loop();  // it has told the supervisor, too, that it serves
        const std::size_t before = minetd.output().size();
        const pid_t daemon = only_child(minetd.pid());
        kill_under(load, daemon);
        minetd.await_output("supervisor: the daemon was killed by signal 9", before);
        minetd.await_output("ready: ", before);
        after_last = open_descriptors(minetd.pid());
        if (i == 0) after_first = after_last;
    }
    std::this_thread::sleep_for(between);
    report("kill -9, --supervise", count, load.stop());
    CHECK(after_last == after_first);
}

TEST_CASE("restarts and kills over a file descriptor store") {
    if (lacks(systemd::can_notify(), "libsystemd")) return;
    const struct {
        const char* name;
        bool killed;
        unsigned count;
    } rows[] = {
        {"TERM, start, fd store", false, times(2, 20)},
        {"kill -9, start, fd store", true, times(3, 20)},
    };
    for (const auto& row : rows) {
        CAPTURE(std::string(row.name));
        const Services services;
        FdStore store;
        auto daemon = std::make_unique<DaemonUnderTest>(services.configuration(), store.launch());
        Load load(services.addresses(), session);
        for (unsigned i = 0; i < row.count; ++i) {
            std::this_thread::sleep_for(between);
            if (row.killed)
                kill_under(load, daemon->pid());
            else
                CHECK(store.stop(*daemon) == 0);
            daemon->await_exit();
            LaunchOptions options = store.launch();
            CHECK(options.passed.size() >= services.addresses().size());
            daemon = std::make_unique<DaemonUnderTest>(services.configuration(), options);
        }
        std::this_thread::sleep_for(between);
        report(row.name, row.count, load.stop());
        CHECK(store.stop(*daemon) == 0);
    }
}

TEST_CASE("a killed root process: who was accepted is served to the end, and the next can bind") {
    const Services services;
    DaemonUnderTest daemon(services.configuration());
    const Guests guests(services);
    kill_alone(daemon, services);
    DaemonUnderTest next(services.configuration());
    CHECK(next.lines_with("to be bound") == 0);
    for (const auto& guest : guests.all()) CHECK(Guests::is_answered(*guest));
    const Guests others(services);
}

TEST_CASE("a killed root process: its pools have graceful_shutdown_timeout") {
    const Services services;
    DaemonUnderTest daemon(services.configuration(0, 1));
    const Guests guests(services);
    kill_alone(daemon, services);
    // The first is with a program of its own, which goes on as after QUIT.
    for (std::size_t i = 1; i < guests.all().size(); ++i) {
        CAPTURE(i);
        guests.all()[i]->rest();
        CHECK(guests.all()[i]->end() != Client::End::none);
    }
    CHECK(Guests::is_answered(*guests.all().front()));
}

TEST_SUITE_END();
