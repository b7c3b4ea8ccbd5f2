// SPDX-License-Identifier: ISC
// One suite for all handlers under all MPMs: the same transcript, whoever drives the handler. A new
// builtin is a row in `handlers`, a new MPM a word in `mpms`.
#include <doctest/doctest.h>
#include <sys/socket.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <map>
#include <regex>
#include <string>
#include <vector>

#include "tests/integration/at_once.h"
#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/process_sockets.h"
#include "tests/integration/process_tree.h"
#include "tests/services/http/site.h"

using namespace minetd;

namespace {

const char* const mpms[] = {"nowait", "prefork", "worker", "event", "threads", "perchild"};

struct Handler {
    const char* name;
    bool ends;   ///< it comes to an end when its client has said all
    bool shows;  ///< it stays with its client, and the client can tell that it is served
    bool (*right)(const std::string& sent, const std::string& got);
    /// What a client of it says in place of a text; null: the text.
    std::string (*words)(const std::string& text) = nullptr;
    bool datagram = true;
    std::string (*arguments)() = [] { return std::string(); };
    bool evictable = false;  ///< its connections end between two requests when their server goes

    std::string say(const std::string& text) const { return words == nullptr ? text : words(text); }
};

bool is_time(const std::string& got) {
    if (got.size() != 4) return false;
    std::uint32_t seconds = 0;
    for (const char byte : got) seconds = seconds << 8 | static_cast<unsigned char>(byte);
    const auto now =
        static_cast<std::uint32_t>(static_cast<std::uint64_t>(std::time(nullptr)) + 2'208'988'800U);
    return now - seconds < 60;  // RFC 868, whatever the era
}

bool is_line(const std::string& got) {
    return got.size() == 26 && got.ends_with("\r\n");
}

bool is_pattern(const std::string& got) {
    return got.substr(0, 74) ==
               "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefgh\r\n" ||
           got.substr(0, 74) ==
               " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefg\r\n";
}

bool is_quote(const std::string& got) {
    return got.size() > 2 && got.size() <= 512 && got.ends_with("\r\n");
}

const std::string small_text = "a small file", large_text(20'000, 'l');

std::string site_root() {
    static const Site site;
    static const bool written =
        (site.write("small", small_text), site.write("large", large_text), true);
    return written ? site.root() : std::string();
}

/// A request for every line, and for every thousand bytes of a long one.
std::string requests(const std::string& text) {
    std::string all;
    std::size_t length = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '\n' && at + 1 != text.size() && ++length < 1000) continue;
        length = 0;
        all += all.empty() ? "GET /large" : "GET /small";
        all += " HTTP/1.1\r\nHost: test\r\n\r\n";
    }
    return all;
}

/// One whole answer for each request, in their order, and nothing more.
bool are_answers(const std::string& sent, std::string_view got) {
    for (std::size_t at = 0; (at = sent.find("GET /", at)) != std::string::npos; ++at) {
        const std::string& body = sent[at + 5] == 's' ? small_text : large_text;
        const std::size_t end = got.find("\r\n\r\n");
        if (!got.starts_with("HTTP/1.1 200 OK\r\n") || end == got.npos) return false;
        got.remove_prefix(end + 4);
        if (!got.starts_with(body)) return false;
        got.remove_prefix(body.size());
    }
    return got.empty();
}

bool is_echo(const std::string& sent, const std::string& got) {
    return got == sent;
}

std::size_t services();

/// All lines of a list are such ones; how many there are.
std::size_t lines(const std::string& got, const char* line) {
    const std::regex whole("(" + std::string(line) + "\n)*");
    if (!std::regex_match(got, whole)) return 0;
    return static_cast<std::size_t>(std::count(got.begin(), got.end(), '\n'));
}

/// Each service has its line, whichever of them shows the list.
bool is_list_of_services(const std::string&, const std::string& got) {
    return lines(got, "\\S+ tcp4 \\d+ [a-z]+") == services() &&
           std::all_of(std::begin(mpms), std::end(mpms), [&](const char* mpm) {
               return got.find(' ' + std::string(mpm) + '\n') != got.npos;
           });
}

/// Pools have servers, whoever asks.
bool is_list_of_servers(const std::string&, const std::string& got) {
    return lines(got, "\\S+ \\d+ \\S+ \\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d") >=
           std::size(mpms);
}

const Handler handlers[] = {
    {"echo", true, true, is_echo},
    {"discard", true, false,
     [](const std::string&, const std::string& got) { return got.empty(); }},
    {"daytime", true, false,
     [](const std::string&, const std::string& got) { return is_line(got); }},
    {"time", true, false, [](const std::string&, const std::string& got) { return is_time(got); }},
    {"chargen", false, true,
     [](const std::string&, const std::string& got) { return is_pattern(got); }},
    {"qotd", true, false, [](const std::string&, const std::string& got) { return is_quote(got); }},
    {"http", true, true,
     [](const std::string& sent, const std::string& got) { return are_answers(sent, got); },
     requests, false, [] { return ' ' + site_root(); }, true},
    {"services", true, false, is_list_of_services, nullptr, false},
    {"servers", true, false, is_list_of_servers, nullptr, false},
    // Forwarded to the first of them all, and heard as if it was there.
    {"redirect", true, true, is_echo, nullptr, false,
     [] { return std::string(" 127.0.0.1 {echo_nowait}"); }},
};

std::string port_name(const Handler& handler, const char* mpm) {
    return std::string(handler.name) + '_' + mpm;
}

std::string configuration(const std::string& attributes, const std::string& type = "stream tcp4") {
    std::string text;
    for (const Handler& handler : handlers) {
        if (!handler.datagram && type.starts_with("dgram")) continue;
        for (const char* mpm : mpms)
            text += '{' + port_name(handler, mpm) + "} " + type + ' ' + mpm + " {user} internal " +
                    handler.name + handler.arguments() + '\n';
    }
    return text +
           "[defaults]\nudp_guard = off\nstart_servers = 2\n"
           "min_spare_servers = 1\nmax_spare_servers = 3\n"
           "threads_per_child = 4\nmin_spare_threads = 2\nmax_spare_threads = 8\n"
           "start_threads = 3\n" +
           attributes;
}

std::size_t services() {
    return std::size(handlers) * std::size(mpms);
}

/// What comes back after all was said.
std::string answer(Client& client, const Handler& handler) {
    if (!handler.ends) return client.bytes(5000);
    client.finish();
    return client.rest();
}

/// Boards are shown a moment after their services are there.
void await_lists(DaemonUnderTest& daemon) {
    for (const char* mpm : mpms)
        CHECK(comes_true([&] {
            return is_list_of_services(
                       "", Client(daemon.port(std::string("services_") + mpm)).ask("")) &&
                   is_list_of_servers("",
                                      Client(daemon.port(std::string("servers_") + mpm)).ask(""));
        }));
}

template <class Body>
void for_each_handler(const char* mpm, Body&& body) {
    for (const Handler& handler : handlers) {
        CAPTURE(std::string(handler.name));
        CAPTURE(std::string(mpm));
        body(handler, mpm);
    }
}

template <class Body>
void for_each_pair(Body&& body) {
    for (const char* mpm : mpms) for_each_handler(mpm, body);
}

/// The MPMs side by side: most of it is waiting.
template <class Body>
void for_each_pair_at_once(Body&& body) {
    at_once(mpms, [&](const char* mpm) { for_each_handler(mpm, body); });
}

/// The server that has this client's connection, and all others of its pool.
std::vector<pid_t> servers_of(const DaemonUnderTest& daemon, const Client& client) {
    const std::vector<ProcessView> all = descendants(daemon.pid());
    const std::uint16_t port = local_address(client.fd()).port();
    const auto its = std::find_if(all.begin(), all.end(), [&](const ProcessView& process) {
        return peers_of(process.pid).contains(port);
    });
    REQUIRE(its != all.end());
    std::vector<pid_t> pool;
    for (const ProcessView& process : all)
        if (process.pid == its->pid ||
            (process.parent == its->parent && process.parent != daemon.pid()))
            pool.push_back(process.pid);
    return pool;
}

}  // namespace

TEST_SUITE_BEGIN("conformance");

TEST_CASE("manners of talking: whole, byte by byte, pipelined, half-closed, slow reader") {
    DaemonUnderTest daemon(configuration(""));
    await_lists(daemon);
    const std::string lines = "one\r\ntwo\r\nthree\r\n";
    for_each_pair_at_once([&](const Handler& handler, const char* mpm) {
        const std::uint16_t port = daemon.port(port_name(handler, mpm));
        {
            CAPTURE("whole");
            Client client(port);
            const std::string line = handler.say("a line\r\n");
            client.send(line);
            CHECK(handler.right(line, answer(client, handler)));
        }
        {
            CAPTURE("byte by byte");
            Client client(port);
            const std::string words = handler.say(lines);
            for (const char byte : words) client.send({&byte, 1});
            CHECK(handler.right(words, answer(client, handler)));
        }
        {
            CAPTURE("pipelined");
            Client client(port);
            std::string all;
            for (int i = 0; i < 200; ++i) all += handler.say(lines);
            client.send(all);
            CHECK(handler.right(all, answer(client, handler)));
        }
        {
            CAPTURE("half-closed before a word");
            Client client(port);
            CHECK(handler.right("", answer(client, handler)));
        }
        {
            CAPTURE("slow reader");
            Client client(port);
            const int small = 4096;
            setsockopt(client.fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
            const std::string much = handler.say(std::string(60'000, 'x'));
            client.send(much);
            CHECK(handler.right(much, answer(client, handler)));
        }
    });
}

TEST_CASE("a reset, an abandoned and a silent client cost the next one nothing") {
    DaemonUnderTest daemon(configuration(""));
    await_lists(daemon);
    const linger at_once{1, 0};
    for_each_pair_at_once([&](const Handler& handler, const char* mpm) {
        const std::uint16_t port = daemon.port(port_name(handler, mpm));
        Client silent(port);
        for (int i = 0; i < 20; ++i) {
            Client rude(port);
            rude.send("half a li");
            setsockopt(rude.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        }
        for (int i = 0; i < 20; ++i) Client(port).send("never read");
        Client client(port);
        const std::string line = handler.say("x\r\n");
        client.send(line);
        CHECK(handler.right(line, answer(client, handler)));
    });
}

TEST_CASE("a client that is silent past the deadline is let go") {
    DaemonUnderTest daemon(configuration("idle_timeout = 1\nfirst_byte_timeout = 1\n"));
    await_lists(daemon);
    std::map<std::string, Client> silent;
    for_each_pair([&](const Handler& handler, const char* mpm) {
        if (!handler.ends) return;  // it is not the client's turn to speak
        const std::string name = port_name(handler, mpm);
        silent.emplace(name, Client(daemon.port(name)));
    });
    for_each_pair([&](const Handler& handler, const char* mpm) {
        const auto client = silent.find(port_name(handler, mpm));
        if (client == silent.end()) return;
        CHECK(handler.right("", client->second.rest()));
        CHECK(client->second.end() == Client::End::closed);
    });
}

TEST_CASE("a reload in the middle of a conversation does not end it") {
    DaemonUnderTest daemon(configuration("idle_timeout = 100\n"));
    for (const char* mpm : mpms) {
        CAPTURE(std::string(mpm));
        Client client(daemon.port(port_name(handlers[0], mpm)));
        client.send("before ");
        CHECK(client.bytes(7) == "before ");
        CHECK(daemon.reload(configuration("idle_timeout = 100\n"))
                  .find(std::to_string(services()) + " kept") != std::string::npos);
        client.send("unchanged ");
        CHECK(client.bytes(10) == "unchanged ");
        CHECK(daemon.reload(configuration("idle_timeout = 101\n"))
                  .find(std::to_string(services()) + " changed") != std::string::npos);
        CHECK(Client(daemon.port(port_name(handlers[0], mpm))).ask("new generation") ==
              "new generation");
        CHECK(client.ask("changed") == "changed");
        daemon.reload(configuration("idle_timeout = 100\n"));
    }
}

TEST_CASE("a server retires between two conversations, never in one") {
    DaemonUnderTest daemon(configuration("max_connections_per_child = 1\n"));
    for_each_pair_at_once([&](const Handler& handler, const char* mpm) {
        const std::uint16_t port = daemon.port(port_name(handler, mpm));
        for (int i = 0; i < 20; ++i) {
            Client client(port);
            const std::string first = handler.say("first "), second = handler.say("second\r\n");
            // Where a client knows how to come back, the server may go between its requests.
            if (handler.evictable) {
                client.send(first + second);
            } else {
                client.send(first);
                client.send(second);
            }
            CHECK(handler.right(first + second, answer(client, handler)));
        }
    });
}

TEST_CASE("a server that is killed loses its own conversation only") {
    DaemonUnderTest daemon(configuration(""));
    for_each_pair([&](const Handler& handler, const char* mpm) {
        if (!handler.shows) return;
        const std::uint16_t port = daemon.port(port_name(handler, mpm));
        Client victim(port);
        victim.send(handler.say("x"));
        CHECK_FALSE(victim.bytes(1).empty());  // it is being served
        for (const pid_t pid : servers_of(daemon, victim)) ::kill(pid, SIGKILL);
        while (victim.end() == Client::End::none) victim.rest();
        Client client(port);
        const std::string next = handler.say("next\r\n");
        client.send(next);
        CHECK(handler.right(next, answer(client, handler)));
        CHECK(daemon.alive());
    });
}

TEST_CASE("datagrams: one question, one answer, of any size") {
    DaemonUnderTest daemon(configuration("", "dgram udp4"));
    for_each_pair([&](const Handler& handler, const char* mpm) {
        if (!handler.datagram) return;
        const SocketAddress server = address_of("127.0.0.1", daemon.port(port_name(handler, mpm)));
        for (const std::string& question :
             {std::string("x"), std::string(), std::string(60'000, 'y')}) {
            CAPTURE(question.size());
            Client client(server, SOCK_DGRAM);
            if (question.empty())
                REQUIRE(::send(client.fd(), "", 0, 0) == 0);
            else
                client.send(question);
            const std::string name = handler.name;
            if (name == "discard") {
                // Silence cannot be waited for; what is asked next is answered by none but its own.
                char byte;
                CHECK(::recv(client.fd(), &byte, 1, MSG_DONTWAIT) < 0);
            } else if (name == "chargen") {
                CHECK(client.receive().size() <= 512);
            } else {
                CHECK(handler.right(question, client.receive()));
            }
        }
    });
}

TEST_SUITE_END();
