// SPDX-License-Identifier: ISC
// Names of who sent a datagram: whoever serves goes on meanwhile.
#include <doctest/doctest.h>

#include <csignal>
#include <deque>
#include <string>
#include <vector>

#include "daemon/os/libwrap.h"
#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/fake_name_server.h"
#include "tests/integration/inquiring.h"
#include "tests/integration/lacks.h"
#include "tests/integration/own_network.h"

using namespace minetd;

TEST_SUITE_BEGIN("inquiry");

TEST_CASE("datagrams: their senders have names, too") {
    if (lacks(libwrap::available(), "libwrap")) return;
    in_own_network(wrapped("", "catd: 127.0.0.4\n"), [] {
        for (const char* program : {"wait {user} {probe} probe receive 1",
                                    "wait {user} internal echo", "event {user} internal echo"}) {
            CAPTURE(std::string(program));
            DaemonUnderTest daemon(std::string("{echo} dgram udp4 ") + program +
                                   "\n[{echo}]\nid = echo\nonly_from = .example.org 127.0.0.4\n"
                                   "libwrap = catd\nudp_guard = off\n");
            const auto ask = [&](const char* address, const char* text) {
                Client client(address_of("127.0.0.1", daemon.port("echo")), SOCK_DGRAM,
                              address_of(address, 0));
                client.send(text);
                return client;
            };
            Client foe = ask("127.0.0.3", "one"), wrapped = ask("127.0.0.4", "two");
            Client first = ask("127.0.0.2", "three");
            CHECK(first.receive().ends_with("three"));
            Client second = ask("127.0.0.2", "four");
            CHECK(second.receive().ends_with("four"));
            daemon.await_output("FAIL: echo address from=127.0.0.3");
            daemon.await_output("FAIL: echo libwrap from=127.0.0.4");
        }
    });
}

TEST_CASE("datagrams: a sender whose name nobody tells holds up nobody else, and is refused") {
    in_own_network(dns, [] {
        FakeNameServer names({{"a.example.org", "127.0.0.2"}},
                             {{"127.0.0.2", "a.example.org"}, {"127.0.0.3", "?"}});
        // One thread each, which must not wait.
        const std::vector<std::string> all = {"wait",  "prefork", "worker",
                                              "event", "threads", "perchild"};
        std::string lines, sections;
        for (const std::string& serve : all) {
            lines += "{" + serve + "} dgram udp4 " + serve + " {user} internal echo\n";
            sections += "[{" + serve + "}]\nid = " + serve + "\n";
        }
        lines +=
            "[defaults]\nonly_from = .example.org\nudp_guard = off\nlog_on_failure = HOST\n"
            "start_servers = 1\nmin_spare_servers = 1\nmax_spare_servers = 1\nnum_servers = 1\n"
            "threads_per_child = 1\nmax_request_workers = 1\nstart_threads = 1\n"
            "max_threads_per_child = 1\nmin_spare_threads = 1\nmax_spare_threads = 1\n";
        DaemonUnderTest daemon(lines + sections);
        const auto from = [&](const char* address, const std::string& serve) {
            return Client(address_of("127.0.0.1", daemon.port(serve)), SOCK_DGRAM,
                          address_of(address, 0));
        };
        const auto served = [&](const std::string& serve) {
            Client quick = from("127.0.0.2", serve);
            for (const char* text : {"a", "b", "c"}) {
                quick.send(text);
                if (quick.receive() != text) return false;
            }
            return true;
        };
        const auto refused = [](const std::string& serve) {
            return "FAIL: " + serve + " address from=127.0.0.3";
        };
        std::deque<Client> slow;
        for (const std::string& serve : all) {
            slow.push_back(from("127.0.0.3", serve));
            slow.back().send("one");
            slow.back().send("two");
        }
        names.await_silence();
        for (const std::string& serve : all) {
            CAPTURE(serve);
            CHECK(served(serve));
            CHECK(daemon.lines_with(refused(serve)) == 0);
        }
        // Over a reload that replaces the servers, and to the end of the daemon, what was taken is
        // decided about.
        daemon.reload(lines + "nice = 1\n" + sections);
        for (const std::string& serve : all) {
            CAPTURE(serve);
            CHECK(served(serve));
            daemon.await_lines(refused(serve), 2);
        }
        for (Client& client : slow) client.send("three");
        for (const std::string& serve : all) CHECK(served(serve));  // so it has been taken
        daemon.signal(SIGTERM);
        daemon.await_output("stopping");
        names.set_silent(false);
        CHECK(daemon.await_exit() == 0);
        for (const std::string& serve : all) {
            CAPTURE(serve);
            CHECK(daemon.lines_with(refused(serve)) == 3);
        }
    });
}

TEST_SUITE_END();
