// SPDX-License-Identifier: ISC
// The binary is changed in place, under the same process id: nobody who is served or waits notices,
// and what was counted stays counted.
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <deque>
#include <map>
#include <regex>

#include "tests/integration/client.h"
#include "tests/integration/process_tree.h"
#include "tests/integration/upgradable.h"

using namespace minetd;

namespace {

/// What a service says in `Total Accesses` and the like; -1: nothing.
long number(std::uint16_t port, const std::string& key, const std::string& of = "") {
    const std::string text = Client(port).ask("GET /" + of + "?auto HTTP/1.0\r\n\r\n");
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
{perchild} stream tcp4 perchild {user} internal echo
{redirect} stream tcp4 event   {user} internal redirect 127.0.0.1 {inner}
{resident} stream tcp4 prefork {user} {probe} probe resident ready
[{resident}]
accept = yes
[defaults]
log_on_success = HOST PID EXIT DURATION
)");
    const char* const names[] = {"program", "inner",   "pooled",   "prefork",  "worker",
                                 "event",   "threads", "perchild", "redirect", "resident"};
    const auto line_for = [](const std::string& name, const char* when) {
        return name == "resident" ? std::string("pid") : when + name;
    };
    std::deque<Client> clients;
    std::string resident;
    for (const char* name : names) {
        CAPTURE(std::string(name));
        Client& client = clients.emplace_back(minetd.port(name));
        const std::string answer = client.say(line_for(name, "before "));
        if (std::string_view(name) == "resident")
            resident = answer;
        else
            CHECK(answer == line_for(name, "before ") + "\n");
    }
    for (int round = 0; round < 3; ++round) {
        minetd.must_upgrade();
        for (std::size_t i = 0; i < clients.size(); ++i) {
            CAPTURE(std::string(names[i]));
            const std::string answer = clients[i].say(line_for(names[i], "after "));
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

TEST_CASE("what servers of former images tell is heard") {
    Upgradable minetd(R"(
{prefork}  stream tcp4 prefork  {user} internal echo
{worker}   stream tcp4 worker   {user} internal echo
{event}    stream tcp4 event    {user} internal echo
{threads}  stream tcp4 threads  {user} internal echo
{perchild} stream tcp4 perchild {user} internal echo
[defaults]
log_on_success = EXIT
)");
    std::map<std::string, Client> clients;
    for (const char* name : {"prefork", "worker", "event", "threads", "perchild"})
        CHECK(clients.try_emplace(name, minetd.port(name)).first->second.say("before") ==
              "before\n");
    // The second image has them from the first, and has closed what nobody took.
    minetd.must_upgrade();
    minetd.must_upgrade();
    for (auto& [name, client] : clients) {
        CHECK(client.ask("") == "");
        const std::string record = "EXIT: " + std::to_string(minetd.port(name)) + " ";
        CHECK(minetd.daemon().await_output(record) != "");
    }
}

TEST_CASE("what a service has beside connections: names behind tcpmux, a log pipe") {
    Upgradable minetd(R"(
{mux}  stream tcp4 nowait {user} internal tcpmux
tcpmux/cat stream tcp nowait {user} /bin/cat cat
{talks} stream tcp4 nowait {user} /bin/sh sh -c "printf begun >&2; echo; read line; echo ' and ended' >&2"
[{talks}]
stderr = log
)");
    const auto behind_mux = [&] {
        Client client(minetd.port("mux"));
        client.send("cat\r\n");
        return client;
    };
    Client held = behind_mux(), talking(minetd.port("talks"));
    CHECK(held.say("before") == "before\n");
    CHECK(talking.line() == "\n");
    for (int round = 0; round < 2; ++round) {
        minetd.must_upgrade();
        CHECK(held.say("after") == "after\n");
        CHECK(is_served(behind_mux()));
    }
    talking.ask("\n");
    minetd.daemon().await_output("begun and ended");
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

TEST_CASE("a program with the socket of a service that is no more is waited for, and recorded") {
    Upgradable minetd(
        "{gone} stream tcp4 wait {user} {probe} probe accept 2\n"
        "[{gone}]\nid = gone\nlog_on_success = PID EXIT\n");
    Client first(minetd.port("gone"));
    const std::string pid = first.line();
    minetd.daemon().reload("{other} stream tcp4 nowait {user} internal echo\n");
    minetd.must_upgrade();
    // It listens on its own now.
    CHECK(Client(minetd.port("gone")).line() == pid);
    const std::string record = minetd.daemon().await_output("EXIT: gone ");
    CHECK(record.find("status=0 pid=" + pid.substr(0, pid.size() - 1)) != record.npos);
}

TEST_CASE("limits are exact, and the denied stay denied") {
    Upgradable minetd(R"(
{program} stream tcp4 nowait {user} /bin/cat cat
{pool}    stream tcp4 event  {user} internal echo
{queue}   stream tcp4 nowait {user} /bin/cat cat
{trap}    stream tcp4 nowait {user} internal sensor
[{program}]
instances = 2
[{queue}]
instances = 1
overflow = queue
[{pool}]
per_source = 1
[{trap}]
id = trap
deny_time = 60
)");
    Client one(minetd.port("program")), two(minetd.port("program"));
    Client pooled = client_from("127.0.0.2", minetd.port("pool"));
    for (Client* client : {&one, &two, &pooled}) CHECK(client->say("here") == "here\n");
    Client first(minetd.port("queue"));
    CHECK(first.say("here") == "here\n");
    Client second(minetd.port("queue"));
    second.send("waits\n");
    client_from("127.0.0.9", minetd.port("trap")).rest();
    minetd.daemon().await_output("FAIL: trap sensor from=127.0.0.9");
    CHECK_FALSE(is_served(client_from("127.0.0.9", minetd.port("pool"))));
    for (int round = 0; round < 2; ++round) {
        minetd.must_upgrade();
        CHECK_FALSE(is_served(Client(minetd.port("program"))));
        CHECK_FALSE(is_served(client_from("127.0.0.2", minetd.port("pool"))));
        CHECK_FALSE(is_served(client_from("127.0.0.9", minetd.port("pool"))));
        CHECK(is_served(client_from("127.0.0.3", minetd.port("pool"))));
    }
    one.ask("");
    pooled.ask("");
    CHECK(comes_true([&] { return is_served(Client(minetd.port("program"))); }));
    CHECK(comes_true([&] { return is_served(client_from("127.0.0.2", minetd.port("pool"))); }));
    CHECK(two.say("still") == "still\n");
    CHECK(first.say("still") == "still\n");
    first.ask("");
    CHECK(second.line() == "waits\n");
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

TEST_CASE("who knows of the other services begins once, at the start and with each image") {
    Upgradable minetd(R"(
{first}  dgram  udp4 event   {user} internal echo
{second} dgram  udp4 prefork {user} internal time
{mux}    stream tcp4 worker  {user} internal tcpmux
tcpmux/zeta  stream tcp nowait {user} /bin/cat cat
tcpmux/alpha stream tcp nowait {user} /bin/cat cat
{status} stream tcp4 event   {user} internal status
)");
    for (const long generation : {0, 1}) {
        CAPTURE(generation);
        for (const char* name : {"first", "second", "mux"}) {
            CAPTURE(std::string(name));
            long seen = -1;
            CHECK(comes_true([&] {
                seen = number(minetd.port("status"), "ParentServerMPMGeneration",
                              std::to_string(minetd.port(name)));
                return seen >= generation;
            }));
            CHECK(seen == generation);
        }
        if (generation == 0) minetd.must_upgrade();
    }
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
    std::size_t fewest = 0;
    std::size_t processes = 0;
    for (int round = 0; round < 6; ++round) {
        minetd.must_upgrade();
        for (const char* name : {"program", "inner", "prefork", "event"})
            CHECK(is_served(Client(minetd.port(name))));
        if (round == 1) {
            // Those of the former image need a moment to go.
            REQUIRE(comes_true([&] {
                const auto now = open_descriptors(pid);
                ::poll(nullptr, 0, 200);
                return now == open_descriptors(pid);
            }));
            fewest = open_descriptors(pid);
            processes = descendants(pid).size();
        }
    }
    CHECK(comes_true([&] { return open_descriptors(pid) <= fewest; }));
    CHECK(comes_true([&] { return descendants(pid).size() <= processes; }));
}

TEST_SUITE_END();
