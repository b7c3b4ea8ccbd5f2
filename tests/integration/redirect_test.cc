// SPDX-License-Identifier: ISC
// Connections that are forwarded: the same under every MPM, whatever either side does.
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <deque>
#include <future>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "daemon/os/socket_address.h"
#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/fake_name_server.h"
#include "tests/integration/own_network.h"
#include "tests/integration/process_tree.h"

using namespace minetd;

namespace {

const char* const mpms[] = {"nowait", "prefork", "worker", "event", "threads", "perchild"};

/// `{to}` sends back what it receives; `{nobody}` is a port on which nobody listens.
std::string configuration(const std::string& attributes = {}, const std::string& to = "{to}") {
    std::string text = "{to} stream tcp4 event {user} internal echo\n";
    for (const char* mpm : mpms)
        text += std::string("{") + mpm + "} stream tcp4 " + mpm +
                " {user} internal redirect 127.0.0.1 " + to + "\n";
    return text + "[defaults]\nlog_on_success = TRAFFIC\n" + attributes;
}

template <class Body>
void for_each_mpm(Body&& body) {
    for (const char* mpm : mpms) {
        CAPTURE(std::string(mpm));
        body(std::string(mpm));
    }
}

/// One connection at a time, on a port of its own.
class Destination {
  public:
    explicit Destination(std::uint16_t port, const char* host = "127.0.0.1", int backlog = 8) {
        SocketAddress address = address_of(host, port);
        fd_.reset(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
        const int one = 1;
        ::setsockopt(fd_.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        REQUIRE(::bind(fd_.get(), address.raw(), address.length) == 0);
        REQUIRE(::listen(fd_.get(), backlog) == 0);
        const timeval patience{.tv_sec = patience_ms / 1000, .tv_usec = 0};
        ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }
    UniqueFd accept(SocketAddress& peer) {
        peer.length = SocketAddress::capacity;
        UniqueFd fd(::accept4(fd_.get(), peer.raw(), &peer.length, SOCK_CLOEXEC));
        REQUIRE(fd);
        return fd;
    }

  private:
    UniqueFd fd_;
};

/// What comes until it has `size` bytes, or the end.
std::string receive(const UniqueFd& fd, std::size_t size) {
    std::string all;
    while (all.size() < size) {
        char room[65536];
        const ssize_t got = ::recv(fd.get(), room, std::min(sizeof room, size - all.size()), 0);
        if (got <= 0) break;
        all.append(room, static_cast<std::size_t>(got));
    }
    return all;
}

/// The same for a name.
std::string of_name(const std::string& name, const std::string& port) {
    std::string text = configuration("", port);
    for (std::size_t at; (at = text.find("redirect 127.0.0.1")) != text.npos;)
        text.replace(at + 9, 9, name);
    return text;
}

/// What passed, and a checksum of it (FNV-1a, by words).
struct Sum {
    std::size_t size = 0;
    std::uint64_t hash = 0xCBF29CE484222325U;
    std::string rest;  ///< of a word that is not whole yet

    void add(std::string_view bytes) {
        size += bytes.size();
        rest += bytes;
        std::size_t at = 0;
        for (std::uint64_t word; at + sizeof word <= rest.size(); at += sizeof word) {
            std::memcpy(&word, rest.data() + at, sizeof word);
            hash = (hash ^ word) * 0x100000001B3U;
        }
        rest.erase(0, at);
    }
};

/// Sends so many bytes (a multiple of 8), of numbers that follow from the seed.
Sum send_numbers(int fd, std::uint64_t seed, std::size_t size) {
    Sum sum;
    std::vector<std::uint64_t> words(8192);
    while (sum.size < size) {
        for (std::uint64_t& word : words) {
            seed = seed * 6364136223846793005U + 1442695040888963407U;
            word = seed;
        }
        const std::string_view bytes(reinterpret_cast<const char*>(words.data()),
                                     std::min(words.size() * 8, size - sum.size));
        for (std::size_t at = 0; at < bytes.size();) {
            const ssize_t sent = ::send(fd, bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
            if (sent <= 0) return sum;
            at += static_cast<std::size_t>(sent);
        }
        sum.add(bytes);
    }
    return sum;
}

/// Adds what comes, until there are `size` bytes in all, or the end.
Sum read_sum(int fd, std::size_t size, std::size_t at_once, Sum sum = {}) {
    std::string room(at_once, '\0');
    while (sum.size < size) {
        const ssize_t got = ::recv(fd, room.data(), std::min(room.size(), size - sum.size), 0);
        if (got <= 0) break;
        sum.add(std::string_view(room).substr(0, static_cast<std::size_t>(got)));
    }
    return sum;
}

std::uint16_t own_port(const Client& client) {
    SocketAddress address;
    address.length = SocketAddress::capacity;
    ::getsockname(client.fd(), address.raw(), &address.length);
    return address.port();
}

}  // namespace

TEST_SUITE_BEGIN("redirect");

TEST_CASE("both directions, and each ends by itself") {
    DaemonUnderTest daemon(configuration());
    for_each_mpm([&](const std::string& mpm) {
        Client client(daemon.port(mpm));
        client.send("one\n");
        CHECK(client.line() == "one\n");
        client.send("two\n");
        client.finish();
        CHECK(client.rest() == "two\n");  // the answer comes after our end
        CHECK(client.end() == Client::End::closed);
    });
}

TEST_CASE("the destination's end goes to the client, whose own words still go through") {
    DaemonUnderTest daemon(configuration("", "{other}"));
    Destination destination(daemon.port("other"));
    for_each_mpm([&](const std::string& mpm) {
        Client client(daemon.port(mpm));
        SocketAddress peer;
        const UniqueFd there = destination.accept(peer);
        REQUIRE(::send(there.get(), "bye", 3, MSG_NOSIGNAL) == 3);
        REQUIRE(::shutdown(there.get(), SHUT_WR) == 0);
        CHECK(client.rest() == "bye");
        client.send("last words");
        client.finish();
        CHECK(receive(there, 100) == "last words");
    });
}

TEST_CASE("more than any buffer holds, and what was forwarded is told exactly") {
    DaemonUnderTest daemon(configuration());
    std::string much;
    for (unsigned i = 0; much.size() < 8'000'000; ++i) much += std::to_string(i * 2654435761U);
    for_each_mpm([&](const std::string& mpm) {
        const std::string id = std::to_string(daemon.port(mpm));
        Client client(daemon.port(mpm));
        std::thread sender([&] {
            for (std::size_t at = 0; at < much.size();) {
                const ssize_t sent =
                    ::send(client.fd(), much.data() + at, much.size() - at, MSG_NOSIGNAL);
                if (sent <= 0) break;
                at += static_cast<std::size_t>(sent);
            }
            ::shutdown(client.fd(), SHUT_WR);
        });
        const std::string got = client.rest();
        sender.join();
        CHECK(got.size() == much.size());
        CHECK(got == much);
        const std::string size = std::to_string(much.size());
        daemon.await_output("TRAFFIC: " + id + " in=" + size + "(bytes) out=" + size + "(bytes)");
    });
}

TEST_CASE("twenty megabytes each way at once, or a hundred, past a reader who stops half-way") {
    DaemonUnderTest daemon(configuration("", "{other}"));
    Destination destination(daemon.port("other"));
    for_each_mpm([&](const std::string& mpm) {
        const std::size_t size = mpm == "event" ? 100'000'000 : 20'000'000;
        Client client(daemon.port(mpm));
        SocketAddress peer;
        const UniqueFd there = destination.accept(peer);
        std::promise<void> half_way;
        Sum sent_up, sent_down, got_up, got_down;
        std::thread up([&] { sent_up = send_numbers(client.fd(), 1, size); });
        std::thread down([&] { sent_down = send_numbers(there.get(), 2, size); });
        std::thread slow([&] {
            got_up = read_sum(there.get(), size / 4, 4096);
            half_way.get_future().wait();
            got_up = read_sum(there.get(), size, 65536, got_up);
        });
        got_down = read_sum(client.fd(), size / 2, 65536);
        half_way.set_value();
        got_down = read_sum(client.fd(), size, 65536, got_down);
        for (std::thread* one : {&up, &down, &slow}) one->join();
        CHECK(got_up.size == size);
        CHECK(got_down.size == size);
        CHECK(got_up.hash == sent_up.hash);
        CHECK(got_down.hash == sent_down.hash);
        CHECK(got_up.hash != got_down.hash);
        const std::string text = std::to_string(size);
        client.finish();
        REQUIRE(::shutdown(there.get(), SHUT_WR) == 0);
        daemon.await_output("TRAFFIC: " + std::to_string(daemon.port(mpm)) + " in=" + text +
                            "(bytes) out=" + text + "(bytes)");
    });
}

TEST_CASE("a name with several addresses: each that refuses leaves it to the next") {
    in_own_network(
        {{"nsswitch.conf", FakeNameServer::nsswitch()}, {"resolv.conf", FakeNameServer::resolv()}},
        [] {
            const FakeNameServer names({{"many.example.org", "127.0.0.2 127.0.0.3 127.0.0.4"}}, {});
            DaemonUnderTest daemon(of_name("many.example.org", "{other}"));
            // Whichever the resolver puts first, in two of the three it refuses.
            for (const char* host : {"127.0.0.4", "127.0.0.2", "127.0.0.3"}) {
                CAPTURE(std::string(host));
                Destination destination(daemon.port("other"), host);
                for_each_mpm([&](const std::string& mpm) {
                    Client client(daemon.port(mpm));
                    SocketAddress peer;
                    const UniqueFd there = destination.accept(peer);
                    client.send("hello");
                    CHECK(receive(there, 5) == "hello");
                });
            }
            CHECK(daemon.lines_with("cannot forward to") == 0);
        });
}

TEST_CASE("a name that is not there yet is looked up again, while the service runs") {
    in_own_network(
        {{"nsswitch.conf", FakeNameServer::nsswitch()}, {"resolv.conf", FakeNameServer::resolv()}},
        [] {
            auto names = std::make_unique<FakeNameServer>(std::map<std::string, std::string>{},
                                                          std::map<std::string, std::string>{});
            DaemonUnderTest daemon(of_name("late.example.org", "{to}"));
            for_each_mpm(
                [&](const std::string& mpm) { CHECK(Client(daemon.port(mpm)).rest().empty()); });
            names.reset();
            names = std::make_unique<FakeNameServer>(
                std::map<std::string, std::string>{{"late.example.org", "127.0.0.1"}},
                std::map<std::string, std::string>{});
            for_each_mpm([&](const std::string& mpm) {
                std::string heard;
                for (int i = 0; i < 3000 && heard.empty(); ++i) {
                    heard = Client(daemon.port(mpm)).ask("hello\n");
                    ::usleep(10'000);
                }
                CHECK(heard == "hello\n");
            });
        });
}

TEST_CASE("nobody there: the client is let go, and the next one is served as well") {
    DaemonUnderTest daemon(configuration("", "{nobody}"));
    for_each_mpm([&](const std::string& mpm) {
        for (int i = 0; i < 3; ++i) {
            Client client(daemon.port(mpm));
            CHECK(client.rest().empty());
            CHECK(client.end() != Client::End::none);
        }
    });
    CHECK(daemon.alive());
}

TEST_CASE("a reset on one side is an end on the other") {
    DaemonUnderTest daemon(configuration("", "{other}"));
    Destination destination(daemon.port("other"));
    const linger at_once{1, 0};
    for_each_mpm([&](const std::string& mpm) {
        SocketAddress peer;
        Client rude(daemon.port(mpm));
        UniqueFd there = destination.accept(peer);
        rude.send("x");
        CHECK(receive(there, 1) == "x");
        ::setsockopt(rude.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        rude.close();
        CHECK(receive(there, 1).empty());

        Client polite(daemon.port(mpm));
        there = destination.accept(peer);
        ::setsockopt(there.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        there.reset();
        polite.rest();
        CHECK(polite.end() != Client::End::none);
    });
}

TEST_CASE("the destination is told who the client is, and where the connection comes from") {
    DaemonUnderTest daemon(
        configuration("proxy_protocol = v1\nredirect_source = 127.0.0.9\n", "{other}"));
    Destination destination(daemon.port("other"));
    for_each_mpm([&](const std::string& mpm) {
        Client client(daemon.port(mpm));
        SocketAddress peer;
        const UniqueFd there = destination.accept(peer);
        client.send("after it");
        const std::string header = "PROXY TCP4 127.0.0.1 127.0.0.1 " +
                                   std::to_string(own_port(client)) + " " +
                                   std::to_string(daemon.port(mpm)) + "\r\n";
        CHECK(receive(there, header.size() + 8) == header + "after it");
        CHECK(peer.host() == "127.0.0.9");
    });
}

TEST_CASE("the second version of the header, byte for byte") {
    DaemonUnderTest daemon(configuration("proxy_protocol = v2\n", "{other}"));
    Destination destination(daemon.port("other"));
    for_each_mpm([&](const std::string& mpm) {
        Client client(daemon.port(mpm));
        SocketAddress peer;
        const UniqueFd there = destination.accept(peer);
        std::string header("\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0C", 16);
        header += std::string("\x7F\0\0\x01\x7F\0\0\x01", 8);
        for (const unsigned port : {unsigned{own_port(client)}, unsigned{daemon.port(mpm)}}) {
            header += static_cast<char>(port >> 8);
            header += static_cast<char>(port & 0xFF);
        }
        CHECK(receive(there, header.size()) == header);
    });
}

TEST_CASE("the header of a client that came over IPv6") {
    for (const std::string version : {"v1", "v2"}) {
        CAPTURE(version);
        std::string text;
        for (const char* mpm : mpms)
            text += std::string("[::1]:{") + mpm + "} stream tcp6 " + mpm +
                    " {user} internal redirect ::1 {other}\n";
        DaemonUnderTest daemon(text + "[defaults]\nproxy_protocol = " + version + "\n");
        Destination destination(daemon.port("other"), "::1");
        for_each_mpm([&](const std::string& mpm) {
            Client client(address_of("::1", daemon.port(mpm)));
            SocketAddress peer;
            const UniqueFd there = destination.accept(peer);
            const unsigned ports[] = {own_port(client), daemon.port(mpm)};
            std::string header;
            if (version == "v1") {
                header = "PROXY TCP6 ::1 ::1 " + std::to_string(ports[0]) + " " +
                         std::to_string(ports[1]) + "\r\n";
            } else {
                const std::string one = std::string(15, '\0') + "\x01";
                header = std::string("\r\n\r\n\0\r\nQUIT\n\x21\x21\x00\x24", 16) + one + one;
                for (const unsigned port : ports) {
                    header += static_cast<char>(port >> 8);
                    header += static_cast<char>(port & 0xFF);
                }
            }
            client.send("after it");
            CHECK(receive(there, header.size() + 8) == header + "after it");
        });
    }
}

TEST_CASE("a destination that does not answer is given up after redirect_timeout") {
    DaemonUnderTest daemon(configuration("redirect_timeout = 1\n", "{other}"));
    // A backlog of one place and two who take it: the kernel lets the next one wait for ever.
    const Destination full(daemon.port("other"), "127.0.0.1", 0);
    const SocketAddress address = address_of("127.0.0.1", daemon.port("other"));
    std::deque<UniqueFd> takers;
    for (int i = 0; i < 2; ++i) {
        takers.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        ::connect(takers.back().get(), address.raw(), address.length);
    }
    std::deque<Client> clients;
    for_each_mpm([&](const std::string& mpm) { clients.emplace_back(daemon.port(mpm)); });
    for (Client& client : clients) {
        CHECK(client.rest().empty());
        CHECK(client.end() != Client::End::none);
    }
    CHECK(daemon.alive());
}

TEST_CASE("a server that is killed takes its own connections with it, on both sides") {
    DaemonUnderTest daemon(configuration("", "{other}"));
    Destination destination(daemon.port("other"));
    const auto servers = [&] {
        std::set<pid_t> pids;
        for (const ProcessView& process : descendants(daemon.pid())) pids.insert(process.pid);
        return pids;
    };
    SocketAddress peer;
    std::deque<Client> clients;
    std::deque<UniqueFd> theirs;
    for_each_mpm([&](const std::string& mpm) {
        clients.emplace_back(daemon.port(mpm));
        theirs.push_back(destination.accept(peer));
        clients.back().send("half of it");
        CHECK(receive(theirs.back(), 10) == "half of it");
    });
    for (const pid_t pid : servers()) ::kill(pid, SIGKILL);
    for (std::size_t i = 0; i < clients.size(); ++i) {
        CAPTURE(std::string(mpms[i]));
        CHECK(receive(theirs[i], 1).empty());
        CHECK(clients[i].rest().empty());
        CHECK(clients[i].end() != Client::End::none);
    }
    for_each_mpm([&](const std::string& mpm) {
        Client next(daemon.port(mpm));
        const UniqueFd there = destination.accept(peer);
        next.send("anew");
        CHECK(receive(there, 4) == "anew");
    });
}

TEST_CASE("hundreds at once, in one process") {
    DaemonUnderTest daemon(configuration());
    for (const std::string mpm : {"nowait", "event"}) {
        CAPTURE(mpm);
        std::deque<Client> clients;
        for (int i = 0; i < 500; ++i) clients.emplace_back(daemon.port(mpm));
        for (std::size_t i = 0; i < clients.size(); ++i) clients[i].send(std::to_string(i) + "\n");
        for (std::size_t i = 0; i < clients.size(); ++i)
            CHECK(clients[i].line() == std::to_string(i) + "\n");
    }
}

TEST_CASE("a reload leaves what is being forwarded alone") {
    DaemonUnderTest daemon(configuration("", "{first}"));
    Destination first(daemon.port("first"));
    std::deque<Client> clients;
    std::deque<UniqueFd> theirs;
    SocketAddress peer;
    for_each_mpm([&](const std::string& mpm) {
        clients.emplace_back(daemon.port(mpm));
        theirs.push_back(first.accept(peer));
    });
    daemon.reload(configuration("", "{second}"));
    for (std::size_t i = 0; i < clients.size(); ++i) {
        CAPTURE(std::string(mpms[i]));
        clients[i].send("still");
        CHECK(receive(theirs[i], 5) == "still");
        REQUIRE(::send(theirs[i].get(), "here", 4, MSG_NOSIGNAL) == 4);
        CHECK(clients[i].bytes(4) == "here");
    }
}

TEST_SUITE_END();
