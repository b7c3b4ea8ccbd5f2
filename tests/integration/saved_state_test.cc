// SPDX-License-Identifier: ISC
// What is known of peers, and the statistics, over the daemon's lives: kept by a manager's store,
// and given up for one message where it is nothing to go by.
#include <doctest/doctest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/os/sealed_file.h"
#include "daemon/os/socket.h"
#include "daemon/os/systemd.h"
#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/fd_store.h"
#include "tests/integration/lacks.h"

using namespace minetd;

namespace {

/// Services that stay what they are over the lives: their addresses are chosen once.
class Places {
  public:
    explicit Places(std::initializer_list<const char*> names) {
        std::map<std::string, UniqueFd> held;
        for (const char* name : names) {
            held[name] = open_listener(address_of("127.0.0.1", 0), {.type = SOCK_STREAM});
            places_[name] = local_address(held[name].get());
        }
    }
    const SocketAddress& operator[](const std::string& name) const { return places_.at(name); }
    std::string line(const std::string& name, const std::string& rest) const {
        return places_.at(name).str() + " stream tcp4 " + rest + "\n";
    }
    std::string section(const std::string& name) const {
        return "[" + std::to_string(places_.at(name).port()) + "]\n";
    }

  private:
    std::map<std::string, SocketAddress> places_;
};

/// What the service has counted, as `status` tells it.
long accesses(const Places& at, const std::string& service) {
    const std::string answer =
        Client(at["status"])
            .ask("GET /" + std::to_string(at[service].port()) + "?auto HTTP/1.0\r\n\r\n");
    const std::string key = "Total Accesses: ";
    const std::size_t found = answer.find(key);
    return found == answer.npos ? -1 : std::stol(answer.substr(found + key.size()));
}

constexpr const char* state = "minetd-state";

}  // namespace

TEST_SUITE_BEGIN("saved state");

TEST_CASE("who is denied, the limits' counts and the statistics outlive a stop and a kill") {
    if (lacks(systemd::can_notify(), "libsystemd")) return;
    const Places at{"trap", "echo", "rare", "pool", "status"};
    const std::string configuration = at.line("trap", "nowait {user} internal sensor") +
                                      at.line("echo", "nowait {user} /bin/cat cat") +
                                      at.line("rare", "prefork {user} internal echo") +
                                      at.line("pool", "worker {user} internal echo") +
                                      at.line("status", "event {user} internal status") +
                                      at.section("trap") + "deny_time = FOREVER\n" +
                                      at.section("rare") + "rate = 2/h\n";
    FdStore store;
    auto daemon = std::make_unique<DaemonUnderTest>(configuration, store.launch());
    const auto is_answered = [&](const char* name, const char* from) {
        Client client(at[name], SOCK_STREAM, address_of(from, 0));
        return client.ask("hello\n") == "hello\n";
    };
    CHECK(is_answered("rare", "127.0.0.21"));
    CHECK(is_answered("rare", "127.0.0.21"));
    CHECK_FALSE(is_answered("rare", "127.0.0.21"));
    for (int i = 0; i < 3; ++i) CHECK(is_answered("pool", "127.0.0.22"));
    for (int i = 0; i < 2; ++i) CHECK(is_answered("echo", "127.0.0.22"));
    CHECK_FALSE(store.kept().contains(state));
    // A denial is saved soon, and with it all the rest.
    Client(at["trap"], SOCK_STREAM, address_of("127.0.0.23", 0)).rest();
    CHECK(comes_true([&] { return store.kept().contains(state); }));
    for (const bool killed : {true, false, true}) {
        CAPTURE(killed);
        const long echoed = killed ? 2 : accesses(at, "echo");
        if (killed) {
            daemon->signal(SIGKILL);
            daemon->await_exit();
        } else {
            CHECK(store.stop(*daemon) == 0);
        }
        daemon = std::make_unique<DaemonUnderTest>(configuration, store.launch());
        CHECK(daemon->lines_with("state") == 0);
        CHECK(accesses(at, "pool") == 3);
        CHECK(accesses(at, "echo") >= echoed);
        CHECK_FALSE(is_answered("echo", "127.0.0.23"));
        CHECK(is_answered("echo", "127.0.0.24"));
        CHECK_FALSE(is_answered("rare", "127.0.0.21"));
    }
}

TEST_CASE("a state that is nothing to go by: one message, and all begins anew") {
    const Places at{"trap", "echo"};
    const std::string configuration = at.line("trap", "nowait {user} internal sensor") +
                                      at.line("echo", "nowait {user} internal echo") +
                                      at.section("trap") + "deny_time = FOREVER\n";
    const UniqueFd open(::memfd_create("open", MFD_CLOEXEC));
    const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const UniqueFd empty = sealed_file("empty", ""), wild = sealed_file("wild", "{\"what\":"),
                   other = sealed_file("other", R"({"what":"minetd-state","format":99})"),
                   wrong = sealed_file(
                       "wrong", R"({"what":"minetd-state","format":1,"denied":[[1,2,999,4]]})");
    std::vector<const UniqueFd*> all{&open, &socket, &empty, &wild, &other, &wrong};
    const UniqueFd foreign =
        sealed_file("foreign", R"({"what":"minetd-state","format":1,"denied":[],"services":{}})");
    if (::geteuid() != 0)
        MESSAGE("skipped: a state of another user, which needs root");
    else
        all.push_back(&foreign);
    if (::geteuid() == 0) REQUIRE(::fchown(foreign.get(), test_uid(), gid_t(-1)) == 0);
    for (const UniqueFd* fd : all) {
        LaunchOptions options;
        options.passed.push_back({state, fd->get()});
        DaemonUnderTest daemon(configuration, options);
        CHECK(daemon.lines_with("the saved state is not used, and counts begin anew: ") == 1);
        CHECK(daemon.lines_with("state") == 1);
        CHECK(Client(at["echo"]).ask("hello\n") == "hello\n");
    }
}

TEST_SUITE_END();
