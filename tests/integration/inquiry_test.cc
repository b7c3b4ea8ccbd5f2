// SPDX-License-Identifier: ISC
// What admission asks others, in every way of serving: names of hosts, hosts.allow, ident. The
// names, the files and the ident daemon are the test's own.
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <deque>
#include <string>
#include <vector>

#include "daemon/os/libwrap.h"
#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/fake_ident_daemon.h"
#include "tests/integration/fake_name_server.h"
#include "tests/integration/lacks.h"
#include "tests/integration/own_network.h"
#include "tests/integration/process_tree.h"

using namespace minetd;

namespace {

struct Way {
    const char *serve, *program;
};
constexpr Way ways[] = {
    {"nowait", "/bin/cat cat"},   {"nowait", "internal echo"}, {"prefork", "/bin/cat cat"},
    {"prefork", "internal echo"}, {"worker", "internal echo"}, {"event", "internal echo"},
};

/// An echo service on port {echo}, called `echo` in records.
std::string echo(const Way& way, const std::string& settings, const char* family = "tcp4") {
    return std::string("{echo} stream ") + family + " " + way.serve + " {user} " + way.program +
           "\n[defaults]\nlog_on_success = HOST\nlog_on_failure = HOST\n[{echo}]\nid = echo\n" +
           settings;
}

bool served(const char* address, std::uint16_t port) {
    Client client = client_from(address, port);
    return client.say("hello") == "hello\n";
}

const std::map<std::string, std::string> dns = {{"nsswitch.conf", FakeNameServer::nsswitch()},
                                                {"resolv.conf", FakeNameServer::resolv()}};
const std::map<std::string, std::string> no_dns = {{"nsswitch.conf", "hosts: files\n"},
                                                   {"hosts", "127.0.0.1 localhost\n"}};

std::map<std::string, std::string> wrapped(std::string allow, std::string deny) {
    auto files = no_dns;
    files["hosts.allow"] = std::move(allow);
    files["hosts.deny"] = std::move(deny);
    files["hosts"] += "127.0.0.2 friend.example.org\n127.0.0.3 foe.example.net\n";
    return files;
}

pid_t inquirer_of(DaemonUnderTest& daemon) {
    for (const ProcessView& process : descendants(daemon.pid()))
        if (process.parent == daemon.pid() &&
            read_file("/proc/" + std::to_string(process.pid) + "/comm") == "minetd:inquirer\n")
            return process.pid;
    return 0;
}

/// It has its name a moment after it is there.
pid_t await_inquirer(DaemonUnderTest& daemon) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(patience_ms);
    pid_t found = 0;
    while (found == 0 && std::chrono::steady_clock::now() < until) found = inquirer_of(daemon);
    return found;
}

}  // namespace

TEST_SUITE_BEGIN("inquiry");

TEST_CASE("hosts and domains: only a name that leads back to its address is one") {
    in_own_network(dns, [] {
        // 127.0.0.3 says that it is of example.org, and example.org says that it is not.
        const FakeNameServer names({{"a.example.org", "127.0.0.2"},
                                    {"liar.example.org", "192.0.2.1"},
                                    {"b.example.net", "127.0.0.4"},
                                    {"host.example.net", "127.0.0.5"}},
                                   {{"127.0.0.2", "a.example.org"},
                                    {"127.0.0.3", "liar.example.org"},
                                    {"127.0.0.4", "b.example.net"}});
        for (const Way& way : ways) {
            CAPTURE(std::string(way.serve) + " " + way.program);
            DaemonUnderTest daemon(
                echo(way, "only_from = 127.0.0.9 .example.org host.example.net\n"));
            const auto port = daemon.port("echo");
            CHECK(served("127.0.0.9", port));
            CHECK(served("127.0.0.2", port));
            CHECK(served("127.0.0.5", port));
            for (const char* refused : {"127.0.0.3", "127.0.0.4", "127.0.0.6"}) {
                CAPTURE(std::string(refused));
                CHECK_FALSE(served(refused, port));
                daemon.await_output(std::string("FAIL: echo address from=") + refused);
            }
            CHECK(daemon.lines_with("FAIL: ") == 3);
        }
    });
}

TEST_CASE("whom nobody could name is refused by a no_access about names, too") {
    in_own_network(dns, [] {
        const FakeNameServer names(
            {{"a.example.org", "127.0.0.2"},
             {"b.example.net", "127.0.0.4"},
             {"host.example.net", "127.0.0.5"}},
            {{"127.0.0.2", "a.example.org"}, {"127.0.0.4", "b.example.net"}});
        for (const Way& way : ways) {
            CAPTURE(std::string(way.serve) + " " + way.program);
            DaemonUnderTest domain(echo(way, "no_access = 127.0.0.9 .example.net\n"));
            CHECK(served("127.0.0.2", domain.port("echo")));
            for (const char* refused : {"127.0.0.9", "127.0.0.4", "127.0.0.6"}) {
                CAPTURE(std::string(refused));
                CHECK_FALSE(served(refused, domain.port("echo")));
            }
            DaemonUnderTest host(echo(way, "no_access = host.example.net\n"));
            CHECK(served("127.0.0.6", host.port("echo")));
            CHECK_FALSE(served("127.0.0.5", host.port("echo")));
            DaemonUnderTest nowhere(echo(way, "no_access = nowhere.example.net\n"));
            CHECK_FALSE(served("127.0.0.2", nowhere.port("echo")));
            nowhere.await_output("no address of the host nowhere.example.net is known");
        }
    });
}

TEST_CASE("a host with more addresses than are kept is kept out with all of them") {
    auto files = no_dns;
    files["host.conf"] = "multi on\n";
    const int most = 80;
    for (int i = 1; i <= most; ++i)
        files["hosts"] += "127.0.1." + std::to_string(i) + " many.example.net\n";
    in_own_network(files, [] {
        DaemonUnderTest daemon(echo(ways[1], "no_access = many.example.net\n"));
        const auto port = daemon.port("echo");
        int admitted = 0;
        for (int i = 1; i <= most; ++i)
            admitted += served(("127.0.1." + std::to_string(i)).c_str(), port);
        CHECK(admitted == 0);
        DaemonUnderTest only(echo(ways[1], "only_from = many.example.net\n"));
        admitted = 0;
        for (int i = 1; i <= most; ++i)
            admitted += served(("127.0.1." + std::to_string(i)).c_str(), only.port("echo"));
        CHECK(admitted == 64);
    });
}

TEST_CASE("whoever waits for a name holds up nobody else, and is refused in the end") {
    in_own_network(dns, [] {
        const FakeNameServer names({{"a.example.org", "127.0.0.2"}},
                                   {{"127.0.0.2", "a.example.org"}, {"127.0.0.3", "?"}});
        for (const Way& way : ways) {
            // A server of the first prefork pools is for one client at a time, but there are
            // others.
            CAPTURE(std::string(way.serve) + " " + way.program);
            DaemonUnderTest daemon(echo(way, "only_from = .example.org\n"));
            const auto port = daemon.port("echo");
            Client slow = client_from("127.0.0.3", port);
            slow.send("hello\n");
            for (int i = 0; i < 3; ++i) CHECK(served("127.0.0.2", port));
            CHECK(daemon.lines_with("FAIL: ") == 0);
            CHECK(slow.rest() == "");
            daemon.await_output("FAIL: echo address from=127.0.0.3");
        }
    });
}

TEST_CASE("two hundred at once, of whom each has a name") {
    in_own_network(dns, [] {
        std::map<std::string, std::string> addresses, reverse;
        for (int i = 2; i < 22; ++i) {
            const std::string name = "h" + std::to_string(i) + ".example.org";
            const std::string address = "127.0.0." + std::to_string(i);
            addresses[name] = address;
            reverse[address] = name;
        }
        const FakeNameServer names(addresses, reverse);
        for (const Way& way : ways) {
            CAPTURE(std::string(way.serve) + " " + way.program);
            DaemonUnderTest daemon(echo(way, "only_from = .example.org\n"));
            const auto port = daemon.port("echo");
            std::vector<Client> clients;
            for (int i = 0; i < 200; ++i)
                clients.push_back(client_from("127.0.0." + std::to_string(2 + i % 22), port));
            int answered = 0, refused = 0;
            for (int i = 0; i < 200; ++i) {
                const bool named = i % 22 < 20;
                const bool got = clients[static_cast<std::size_t>(i)].say("hello") == "hello\n";
                answered += got && named;
                refused += !got && !named;
                clients[static_cast<std::size_t>(i)].close();
            }
            CHECK(answered == 182);
            CHECK(refused == 18);
        }
    });
}

TEST_CASE("without an inquirer nobody is known; it is replaced, and reloads and stops go on") {
    in_own_network(dns, [] {
        FakeNameServer names({{"a.example.org", "127.0.0.2"}},
                             {{"127.0.0.2", "a.example.org"}, {"127.0.0.3", "?"}});
        for (const Way& way : ways) {
            CAPTURE(std::string(way.serve) + " " + way.program);
            DaemonUnderTest daemon(echo(way, "only_from = .example.org\n"));
            const auto port = daemon.port("echo");
            CHECK(served("127.0.0.2", port));
            const pid_t inquirer = await_inquirer(daemon);
            REQUIRE(inquirer > 0);
            Client waiting = client_from("127.0.0.3", port);
            // It was read, so it is this inquirer's: the name server has been asked.
            names.await_silence();
            REQUIRE(::kill(inquirer, SIGKILL) == 0);
            CHECK(waiting.rest() == "");
            daemon.await_output("was killed by signal 9; replaced");
            CHECK(served("127.0.0.2", port));
            CHECK(await_inquirer(daemon) != inquirer);
            // Who waits during a reload, and at the end, is decided about all the same.
            Client later = client_from("127.0.0.3", port);
            daemon.reload(echo(way, "only_from = .example.org 127.0.0.8\n"));
            // A server of before the reload may take one more.
            bool allowed = false;
            for (int i = 0; i < 100 && !allowed; ++i) allowed = served("127.0.0.8", port);
            CHECK(allowed);
            CHECK(later.rest() == "");
            Client last = client_from("127.0.0.3", port);
            CHECK(daemon.stop() == 0);
            CHECK(last.rest() == "");
        }
    });
}

TEST_CASE("no service asks, no inquirer") {
    DaemonUnderTest daemon(
        "{echo} stream tcp4 nowait {user} /bin/cat\n[{echo}]\n"
        "only_from = 127.0.0.0/8\nlog_on_success = HOST\n");
    Client client(daemon.port("echo"));
    CHECK(client.say("hello") == "hello\n");
    // The program, and nothing else.
    CHECK(descendants(daemon.pid()).size() == 1);
    daemon.reload("{echo} stream tcp4 nowait {user} /bin/cat\n[{echo}]\nonly_from = localhost\n");
    CHECK(await_inquirer(daemon) > 0);
    client.close();
}

TEST_CASE("hosts.allow and hosts.deny, as they are at that moment") {
    if (lacks(libwrap::available(), "libwrap")) return;
    in_own_network(wrapped("catd: 127.0.0.9, friend.example.org\n", "catd: ALL\nother: ALL\n"), [] {
        for (const Way& way : ways) {
            CAPTURE(std::string(way.serve) + " " + way.program);
            DaemonUnderTest daemon(echo(way, "libwrap = catd\n"));
            const auto port = daemon.port("echo");
            CHECK(served("127.0.0.9", port));
            CHECK(served("127.0.0.2", port));
            CHECK_FALSE(served("127.0.0.3", port));
            daemon.await_output("FAIL: echo libwrap from=127.0.0.3");
            write_etc("hosts.deny", "other: ALL\n");
            CHECK(served("127.0.0.3", port));
            write_etc("hosts.deny", "ALL: .example.net\n");
            CHECK_FALSE(served("127.0.0.3", port));
            CHECK(served("127.0.0.4", port));
            write_etc("hosts.deny", "catd: ALL\nother: ALL\n");
        }
    });
}

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
        CHECK(daemon.stop() == 0);
        for (const std::string& serve : all) {
            CAPTURE(serve);
            CHECK(daemon.lines_with(refused(serve)) == 3);
        }
    });
}

TEST_CASE("what the files would have done is not done: a spawn does not run, a twist refuses") {
    if (lacks(libwrap::available(), "libwrap")) return;
    in_own_network(wrapped("", ""), [] {
        DaemonUnderTest daemon(echo(ways[0], "libwrap = catd\n"));
        const auto port = daemon.port("echo");
        const std::string mark = daemon.file("mark");
        write_etc("hosts.allow", "catd: ALL: spawn (/usr/bin/touch " + mark + ")\n");
        CHECK(served("127.0.0.2", port));
        write_etc("hosts.allow", "catd: ALL: twist /bin/echo twisted\n");
        Client twisted = client_from("127.0.0.2", port);
        CHECK(twisted.rest() == "");
        daemon.await_output("FAIL: echo libwrap from=127.0.0.2");
        CHECK(::access(mark.c_str(), F_OK) != 0);
        // A file that is there and says nothing to us could say anything.
        write_etc("hosts.allow", "catd: ALL\n");
        CHECK(served("127.0.0.2", port));
        REQUIRE(::chmod("/etc/hosts.deny", 0) == 0);
        CHECK_FALSE(served("127.0.0.2", port));
    });
}

TEST_CASE("USERID is recorded without delay, for those who are served and for those who are not") {
    in_own_network(no_dns, [] {
        FakeIdentDaemon ident("127.0.0.1", "USERID : UNIX : joe\x02");
        for (const Way& way : ways) {
            CAPTURE(std::string(way.serve) + " " + way.program);
            DaemonUnderTest daemon(echo(way,
                                        "log_on_success = HOST USERID\n"
                                        "log_on_failure = HOST USERID\ninstances = 1\n"));
            const auto port = daemon.port("echo");
            ident.hold();
            Client client(port);
            CHECK(client.say("hello") == "hello\n");
            daemon.await_output("START: echo");
            CHECK(daemon.lines_with("USERID: ") == 0);
            const std::string ports =
                std::to_string(ntohs(local_address(client.fd()).v4.sin_port)) + "," +
                std::to_string(port);
            ident.release();
            daemon.await_lines("USERID: echo UNIX : joe\\x02", 1);
            CHECK(ident.last_query() == ports);
            Client refused(port);
            CHECK(refused.rest() == "");
            daemon.await_lines("USERID: echo UNIX : joe\\x02", 2);
            client.close();
        }
    });
}

TEST_CASE("nobody listens on port 113: sessions do not notice, and the record is silent") {
    in_own_network(no_dns, [] {
        for (const Way& way : ways) {
            CAPTURE(std::string(way.serve) + " " + way.program);
            DaemonUnderTest daemon(echo(way, "log_on_success = HOST USERID\n"));
            const auto port = daemon.port("echo");
            for (int i = 0; i < 5; ++i) CHECK(served("127.0.0.2", port));
            daemon.await_lines("START: echo", 5);
            CHECK(daemon.lines_with("ID: ") == 0);
        }
    });
}

TEST_CASE("ident_only: whoever is not identified is refused") {
    in_own_network(no_dns, [] {
        FakeIdentDaemon ident("127.0.0.1", "USERID : UNIX : joe");
        for (const Way& way : ways) {
            CAPTURE(std::string(way.serve) + " " + way.program);
            DaemonUnderTest daemon(
                echo(way, "log_on_success = HOST USERID\nident_only = yes\nident_timeout = 20\n"));
            const auto port = daemon.port("echo");
            ident.set_answer("USERID : UNIX : joe");
            CHECK(served("127.0.0.1", port));
            daemon.await_output("USERID: echo UNIX : joe");
            daemon.await_output("START: echo from=127.0.0.1");
            ident.set_answer("ERROR : NO-USER");
            CHECK_FALSE(served("127.0.0.1", port));
            daemon.await_output("NOID: echo 127.0.0.1 bad response");
            daemon.await_output("FAIL: echo ident from=127.0.0.1");
            CHECK_FALSE(served("127.0.0.2", port));
            daemon.await_output("NOID: echo 127.0.0.2 no server");
            CHECK(daemon.lines_with("START: ") == 1);
        }
    });
}

TEST_CASE("ident_only has a time limit") {
    in_own_network(no_dns, [] {
        FakeIdentDaemon ident("127.0.0.1", "USERID : UNIX : joe");
        ident.hold();
        for (const Way& way : ways) {
            CAPTURE(std::string(way.serve) + " " + way.program);
            DaemonUnderTest daemon(
                echo(way, "log_on_failure = HOST USERID\nident_only = yes\nident_timeout = 1\n"));
            Client client(daemon.port("echo"));
            CHECK(client.rest() == "");
            daemon.await_output("NOID: echo 127.0.0.1 timeout");
            daemon.await_output("FAIL: echo ident from=127.0.0.1");
        }
    });
}

TEST_CASE("ident over IPv6, and of an IPv4 peer behind an IPv6 socket") {
    in_own_network(no_dns, [] {
        FakeIdentDaemon four("127.0.0.1", "USERID : UNIX : four");
        FakeIdentDaemon six("::1", "USERID : UNIX : six");
        for (const Way& way : ways) {
            CAPTURE(std::string(way.serve) + " " + way.program);
            DaemonUnderTest daemon(
                echo(way, "log_on_success = HOST USERID\nident_only = yes\n", "tcp46"));
            const auto port = daemon.port("echo");
            Client six_client(address_of("::1", port));
            CHECK(six_client.say("hello") == "hello\n");
            daemon.await_output("USERID: echo UNIX : six");
            CHECK(served("127.0.0.1", port));
            daemon.await_output("USERID: echo UNIX : four");
        }
    });
}

TEST_SUITE_END();
