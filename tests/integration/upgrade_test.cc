// SPDX-License-Identifier: ISC
// The binary is changed in place, under the same process id: nobody who is served or waits notices,
// and what was counted stays counted.
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <deque>
#include <filesystem>
#include <regex>
#include <thread>

#include "tests/integration/client.h"
#include "tests/integration/process_tree.h"
#include "tests/integration/upgradable.h"

using namespace minetd;

namespace {

std::string say(Client& client, const std::string& line) {
    client.send(line + "\n");
    return client.line();
}

/// Looks until it is so, as nothing tells of it.
template <class Condition>
bool comes_true(Condition&& condition) {
    for (int i = 0; i < patience_ms / 20; ++i) {
        if (condition()) return true;
        ::poll(nullptr, 0, 20);
    }
    return false;
}

std::ptrdiff_t descriptors_of(pid_t pid) {
    return std::distance(
        std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd"),
        std::filesystem::directory_iterator());
}

Client from(const char* host, std::uint16_t port) {
    return Client(address_of("127.0.0.1", port), SOCK_STREAM, address_of(host, 0));
}

bool is_served(Client client) {
    client.send("x\n");
    return client.line() == "x\n";
}

/// What a service says in `Total Accesses` and the like; -1: nothing.
long number(std::uint16_t port, const std::string& key) {
    const std::string text = Client(port).ask("GET /?auto HTTP/1.0\r\n\r\n");
    std::smatch found;
    return std::regex_search(text, found, std::regex("\n" + key + ": ([0-9]+)"))
               ? std::stol(found[1])
               : -1;
}

}  // namespace

TEST_SUITE_BEGIN("upgrade");

TEST_CASE("sessions of every way of serving outlive upgrades, and end in the records") {
    Upgradable minetd(R"(
{program}  stream tcp4 nowait  {user} /bin/cat cat
{inner}    stream tcp4 nowait  {user} internal echo
{pooled}   stream tcp4 prefork {user} /bin/cat cat
{prefork}  stream tcp4 prefork {user} internal echo
{worker}   stream tcp4 worker  {user} internal echo
{event}    stream tcp4 event   {user} internal echo
{threads}  stream tcp4 threads {user} internal echo
{redirect} stream tcp4 event   {user} internal redirect 127.0.0.1 {inner}
{resident} stream tcp4 prefork {user} {probe} probe resident ready
[{resident}]
accept = yes
[defaults]
log_on_success = HOST PID EXIT DURATION
)");
    const char* const names[] = {"program", "inner",   "pooled",   "prefork", "worker",
                                 "event",   "threads", "redirect", "resident"};
    const auto line_for = [](const std::string& name, const char* when) {
        return name == "resident" ? std::string("pid") : when + name;
    };
    std::deque<Client> clients;
    std::string resident;
    for (const char* name : names) {
        CAPTURE(std::string(name));
        Client& client = clients.emplace_back(minetd.port(name));
        const std::string answer = say(client, line_for(name, "before "));
        if (std::string_view(name) == "resident")
            resident = answer;
        else
            CHECK(answer == line_for(name, "before ") + "\n");
    }
    for (int round = 0; round < 3; ++round) {
        minetd.must_upgrade();
        for (std::size_t i = 0; i < clients.size(); ++i) {
            CAPTURE(std::string(names[i]));
            const std::string answer = say(clients[i], line_for(names[i], "after "));
            // It is the same process still.
            CHECK(answer == (std::string_view(names[i]) == "resident"
                                 ? resident
                                 : line_for(names[i], "after ") + "\n"));
            if (std::string_view(names[i]) != "resident")
                CHECK(is_served(Client(minetd.port(names[i]))));
        }
    }
    clients.front().ask("");
    const std::string record =
        minetd.daemon().await_output("EXIT: " + std::to_string(minetd.port("program")) + " ");
    CHECK(record.find("status=0") != record.npos);
    CHECK(record.find("duration=") != record.npos);
}

TEST_CASE("programs that have their service's socket keep it, and give it back to the next image") {
    Upgradable minetd(R"(
{stream} stream tcp4 wait {user} {probe} probe accept 2
{dgram}  dgram  udp4 wait {user} {probe} probe receive 2
)");
    const std::string stream = Client(minetd.port("stream")).rest();
    Client datagrams(address_of("127.0.0.1", minetd.port("dgram")), SOCK_DGRAM);
    datagrams.send("one");
    const std::string first = datagrams.receive();
    minetd.must_upgrade();
    minetd.must_upgrade();
    CHECK(Client(minetd.port("stream")).rest() == stream);
    datagrams.send("two");
    CHECK(datagrams.receive() == first.substr(0, first.find(' ')) + " two");
    // They have served enough, and ended: others are started.
    const std::string next = Client(minetd.port("stream")).rest();
    CHECK(next != stream);
    CHECK(std::atoi(next.c_str()) > 0);
    datagrams.send("three");
    const std::string third = datagrams.receive();
    CHECK(third.substr(0, third.find(' ')) != first.substr(0, first.find(' ')));
    CHECK(Client(minetd.port("stream")).rest() == next);
    datagrams.send("four");
    CHECK(datagrams.receive().ends_with(" four"));
}

TEST_CASE("limits are exact, and the denied stay denied") {
    Upgradable minetd(R"(
{program} stream tcp4 nowait {user} /bin/cat cat
{pool}    stream tcp4 event  {user} internal echo
{trap}    stream tcp4 nowait {user} internal sensor
[{program}]
instances = 2
[{pool}]
per_source = 1
[{trap}]
id = trap
deny_time = 60
)");
    Client one(minetd.port("program")), two(minetd.port("program"));
    Client pooled = from("127.0.0.2", minetd.port("pool"));
    for (Client* client : {&one, &two, &pooled}) CHECK(say(*client, "here") == "here\n");
    from("127.0.0.9", minetd.port("trap")).rest();
    minetd.daemon().await_output("FAIL: trap sensor from=127.0.0.9");
    CHECK_FALSE(is_served(from("127.0.0.9", minetd.port("pool"))));
    for (int round = 0; round < 2; ++round) {
        minetd.must_upgrade();
        CHECK_FALSE(is_served(Client(minetd.port("program"))));
        CHECK_FALSE(is_served(from("127.0.0.2", minetd.port("pool"))));
        CHECK_FALSE(is_served(from("127.0.0.9", minetd.port("pool"))));
        CHECK(is_served(from("127.0.0.3", minetd.port("pool"))));
    }
    one.ask("");
    pooled.ask("");
    CHECK(comes_true([&] { return is_served(Client(minetd.port("program"))); }));
    CHECK(comes_true([&] { return is_served(from("127.0.0.2", minetd.port("pool"))); }));
    CHECK(say(two, "still") == "still\n");
}

TEST_CASE("statistics go on") {
    Upgradable minetd(R"(
{pool}    stream tcp4 event  {user} internal echo
{program} stream tcp4 nowait {user} /bin/cat cat
{status}  stream tcp4 event  {user} internal status
)");
    for (int i = 0; i < 7; ++i) {
        CHECK(is_served(Client(minetd.port("pool"))));
        CHECK(is_served(Client(minetd.port("program"))));
    }
    const auto all = [&] { return number(minetd.port("status"), "Total Accesses"); };
    REQUIRE(comes_true([&] { return all() >= 14; }));
    const long before = all();
    minetd.must_upgrade();
    CHECK(comes_true([&] { return all() >= before; }));
    CHECK(is_served(Client(minetd.port("pool"))));
    CHECK(comes_true([&] { return all() >= before + 1; }));
}

TEST_CASE("nothing is left behind: descriptors and processes stay as many") {
    Upgradable minetd(R"(
{program} stream tcp4 nowait  {user} /bin/cat cat
{inner}   stream tcp4 nowait  {user} internal echo
{prefork} stream tcp4 prefork {user} internal echo
{event}   stream tcp4 event   {user} internal echo
{wait}    dgram  udp4 wait    {user} {probe} probe receive 2
[defaults]
instances = 50
[{program}]
only_from = localhost
log_on_success = USERID
)");
    const pid_t pid = minetd.daemon().pid();
    std::ptrdiff_t fewest = 0;
    std::size_t processes = 0;
    for (int round = 0; round < 6; ++round) {
        minetd.must_upgrade();
        for (const char* name : {"program", "inner", "prefork", "event"})
            CHECK(is_served(Client(minetd.port(name))));
        if (round == 1) {
            // Those of the former image need a moment to go.
            REQUIRE(comes_true([&] {
                const auto now = descriptors_of(pid);
                ::poll(nullptr, 0, 200);
                return now == descriptors_of(pid);
            }));
            fewest = descriptors_of(pid);
            processes = descendants(pid).size();
        }
    }
    CHECK(comes_true([&] { return descriptors_of(pid) <= fewest; }));
    CHECK(comes_true([&] { return descendants(pid).size() <= processes; }));
}

TEST_CASE("it is another binary then, with the new configuration, and files of the daemon stay") {
    LaunchOptions options;
    TemporaryDirectory run;
    options.arguments = {"--pid-file", run.path() + "/minetd.pid"};
    Upgradable minetd(
        "{kept} stream tcp4 nowait {user} internal echo\n"
        "{gone} stream tcp4 nowait {user} /bin/cat cat\n"
        "{dir}/socket stream unix nowait {user} /bin/cat cat\n",
        options);
    DaemonUnderTest& daemon = minetd.daemon();
    const std::string exe = "/proc/" + std::to_string(daemon.pid()) + "/exe";
    std::filesystem::copy_file(from_environment("MINETD"), minetd.file("another"));
    minetd.install(minetd.file("another"));
    Client held(minetd.port("gone"));
    CHECK(say(held, "here") == "here\n");
    daemon.configure(
        "{kept} stream tcp4 nowait {user} internal echo\n"
        "{fresh} stream tcp4 event {user} internal echo\n"
        "{dir}/socket stream unix nowait {user} /bin/cat cat\n");
    const std::string outcome = minetd.upgrade();
    CHECK(outcome.find("1 added, 0 changed, 1 removed, 2 kept") != outcome.npos);
    CHECK(std::filesystem::read_symlink(exe) == minetd.file("another"));
    CHECK(read_file(run.path() + "/minetd.pid") == std::to_string(daemon.pid()) + "\n");
    CHECK(is_served(Client(minetd.port("kept"))));
    CHECK(is_served(Client(minetd.port("fresh"))));
    CHECK(is_served(Client(address_of_path(daemon.file("socket")))));
    CHECK(Client(minetd.port("gone")).end() == Client::End::refused);
    CHECK(say(held, "still here") == "still here\n");
    // What drains is handed on too.
    minetd.must_upgrade();
    CHECK(say(held, "and here") == "and here\n");
    held.close();
    CHECK(daemon.stop() == 0);
    CHECK_FALSE(std::filesystem::exists(run.path() + "/minetd.pid"));
    CHECK_FALSE(std::filesystem::exists(daemon.file("socket")));
}

TEST_CASE("what programs find around them is as before: credentials, a /tmp of the service's own") {
    if (::geteuid() != 0) {
        MESSAGE("SKIPPED: private_tmp takes root");
        return;
    }
    TemporaryDirectory given, runtime;
    write_file(given.path() + "/key", "secret\n");
    LaunchOptions options;
    options.environment = {"CREDENTIALS_DIRECTORY=" + given.path(),
                           "RUNTIME_DIRECTORY=" + runtime.path()};
    Upgradable minetd(R"(
{key} stream tcp4 nowait {user} /bin/sh sh -c "echo $CREDENTIALS_DIRECTORY; read line; cat $CREDENTIALS_DIRECTORY/key"
{tmp} stream tcp4 nowait {user} /bin/sh sh -c "ls /tmp; echo x >/tmp/seen"
[{key}]
credentials = key
[{tmp}]
private_tmp = yes
)",
                      options);
    CHECK(Client(minetd.port("tmp")).rest() == "");
    Client reader(minetd.port("key"));
    const std::string directory = reader.line();
    // What is there no longer is kept, as by a reload.
    std::filesystem::remove(given.path() + "/key");
    minetd.must_upgrade();
    CHECK(Client(minetd.port("tmp")).rest() == "seen\n");
    CHECK(reader.ask("\n") == "secret\n");
    CHECK(Client(minetd.port("key")).ask("\n") == directory + "secret\n");
    minetd.daemon().stop();
    CHECK(std::filesystem::is_empty(runtime.path() + "/credentials"));
}

TEST_CASE("the service manager hears of it, and of sockets that it keeps") {
    TemporaryDirectory directory;
    const SocketAddress address = address_of_path(directory.path() + "/notify");
    UniqueFd manager(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    REQUIRE(::bind(manager.get(), address.raw(), address.length) == 0);
    std::string heard;
    const auto hears = [&](const std::string& text) {
        return comes_true([&] {
            char message[4096];
            for (ssize_t size; (size = ::recv(manager.get(), message, sizeof message, 0)) > 0;)
                heard += std::string(message, static_cast<std::size_t>(size)) + "\n";
            return heard.find(text) != heard.npos;
        });
    };
    LaunchOptions options;
    options.environment = {"NOTIFY_SOCKET=" + directory.path() + "/notify"};
    options.await_ready = false;
    Upgradable minetd(
        "{one} stream tcp4 nowait {user} internal echo\n"
        "{two} stream tcp4 nowait {user} internal echo\n",
        options);
    REQUIRE(hears("READY=1"));
    if (heard.find("FDSTORE=1") == heard.npos) {
        MESSAGE("SKIPPED: built without libsystemd");
        return;
    }
    const std::string name = "FDNAME=" + std::to_string(minetd.port("two"));
    REQUIRE(hears(name));
    heard.clear();
    minetd.must_upgrade();
    CHECK(hears("MAINPID=" + std::to_string(minetd.daemon().pid())));
    CHECK(hears("READY=1"));
    CHECK(heard.find("RELOADING=1") < heard.find("MAINPID="));
    CHECK(heard.find("FDSTORE") == heard.npos);
    heard.clear();
    minetd.daemon().reload("{one} stream tcp4 nowait {user} internal echo\n");
    CHECK(hears("FDSTOREREMOVE=1\n" + name));
    minetd.uninstall();
    minetd.upgrade();
    CHECK(hears("STATUS=the last upgrade was refused; 1 service"));
}

TEST_CASE("eight clients during ten upgrades: none refused, none reset, none lost") {
    Upgradable minetd(R"(
{program} stream tcp4 nowait  {user} {probe} probe answer
{inner}   stream tcp4 nowait  {user} internal echo
{prefork} stream tcp4 prefork {user} internal echo
{pooled}  stream tcp4 prefork {user} {probe} probe answer
{worker}  stream tcp4 worker  {user} internal echo
{event}   stream tcp4 event   {user} internal echo
)");
    const char* const names[] = {"program", "inner", "prefork", "pooled", "worker", "event"};
    std::vector<std::uint16_t> ports;
    for (const char* name : names) ports.push_back(minetd.port(name));
    std::atomic<int> served{0}, refused{0}, reset{0}, lost{0};
    std::atomic<bool> going = true;
    std::vector<std::thread> clients;
    for (std::size_t first = 0; first < 8; ++first)
        clients.emplace_back([&, first] {
            for (std::size_t i = 0; going; ++i) {
                const std::string text = "line " + std::to_string(i) + "\n";
                Client client(ports[(first + i) % ports.size()]);
                const std::string answer =
                    client.end() == Client::End::refused ? "" : client.ask(text);
                ++(client.end() == Client::End::refused ? refused
                   : client.end() == Client::End::reset ? reset
                   : answer != text                     ? lost
                                                        : served);
            }
        });
    int upgrades = 0;
    try {
        while (upgrades < 10 && minetd.upgrade().find("upgraded from") != std::string::npos)
            ++upgrades;
    } catch (...) {
        going = false;
        for (std::thread& client : clients) client.join();
        throw;
    }
    going = false;
    for (std::thread& client : clients) client.join();
    CHECK(upgrades == 10);
    CHECK(served > 0);
    CHECK(refused == 0);
    CHECK(reset == 0);
    CHECK(lost == 0);
    MESSAGE(served.load(), " connections served during ", upgrades, " upgrades");
}

TEST_SUITE_END();
