// SPDX-License-Identifier: ISC
#include "mpm/datagram_relay.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "daemon/config/access_words.h"
#include "daemon/os/socket.h"
#include "mpm/single.h"

using namespace minetd;

namespace {

constexpr int patience = 10'000;  // milliseconds

UniqueFd datagram_socket(const char* host) {
    SocketOptions options;
    options.type = SOCK_DGRAM;
    return open_listener(resolve(host, 0, AF_UNSPEC).at(0), options);
}

struct Heard {
    std::string bytes;
    SocketAddress from;
};

/// Nothing, when nothing comes.
std::optional<Heard> hear(int fd, int wait = patience) {
    pollfd item{.fd = fd, .events = POLLIN, .revents = 0};
    if (::poll(&item, 1, wait) != 1) return std::nullopt;
    static char bytes[70'000];
    Heard heard;
    heard.from.length = SocketAddress::capacity;
    const ssize_t size =
        ::recvfrom(fd, bytes, sizeof bytes, 0, heard.from.raw(), &heard.from.length);
    if (size < 0) return std::nullopt;
    heard.bytes.assign(bytes, static_cast<std::size_t>(size));
    return heard;
}

std::string word(int fd) {
    const auto heard = hear(fd);
    return heard ? heard->bytes : "nothing";
}

void say(int fd, const SocketAddress& to, std::string_view bytes) {
    REQUIRE(::sendto(fd, bytes.data(), bytes.size(), 0, to.raw(), to.length) ==
            static_cast<ssize_t>(bytes.size()));
}

ServiceSpec specification() {
    ServiceSpec spec;
    spec.id = "relayed";
    spec.socket_type = SocketType::dgram;
    spec.protocol = "udp";
    spec.serve = Serve::wait;
    spec.server = "/the/program";
    spec.intercept = true;
    spec.idle_timeout = 60;
    spec.log_on_success = log_host | log_exit;
    spec.log_on_failure = log_host;
    return spec;
}

enum class Network { shared, own };

/// On the loopback interface, even where there could be a network of its own.
InnerSockets inner_sockets(const ServiceSpec& spec, const ListeningSocket& outer, Network network) {
    if (network == Network::own) return InnerSockets(spec, {outer});
    HandedPassage former;
    UniqueFd socket = datagram_socket("127.0.0.1");
    former.sockets.push_back({.socket = {socket.release()}, .outer = socket_cookie(outer.fd)});
    const InnerSockets had(former);
    return InnerSockets(spec, {outer}, &had);
}

/// A relay on a thread, between the test as the peers and the test as the program.
class Relayed {
  public:
    explicit Relayed(Network network, ServiceSpec with = specification())
        : spec(std::make_shared<ServiceSpec>(std::move(with))),
          outer(datagram_socket("127.0.0.1")),
          service(local_address(outer.get())),
          inner(inner_sockets(*spec,
                              {.fd = outer.get(), .address = service, .specific = true, .host = {}},
                              network)),
          program(inner.fd(0)),
          admission(*spec, std::make_shared<Ledger>()) {
        REQUIRE(inner.shows_peers() == (network == Network::own));
        board.occupy(0, 1);
        process.emplace(ServerSeat{.spec = spec,
                                   .context = context,
                                   .sockets = inner.outer(),
                                   .admission = &admission,
                                   .control = channels.second,
                                   .scoreboard = &board},
                        inner);
        thread = std::thread([this] {
            const auto forward = [this] { DatagramRelay(*process, inner).run(60'000); };
            inner.shows_peers() ? within_network(inner.network(), forward) : forward();
        });
    }
    ~Relayed() {
        // The program, which is the test, answers nothing any more.
        send_control(channels.first, ControlMessage::Kind::vacant);
        process->drain();
        await_end();
        ::signal(SIGPIPE, before);  // as the tests found it
    }
    void await_end() {
        if (thread.joinable()) thread.join();
    }

    /// What was recorded until now, one letter each: Started, Ended, Refused.
    std::string recorded() {
        process->reporter().finish();
        ControlMessage message;
        UniqueFd attached;
        std::string letters;
        while (receive_control(channels.first, message, attached) == Channel::Received::message)
            if (message.kind == ControlMessage::Kind::record &&
                message.record.kind != Record::Kind::traffic)
                letters += message.record.kind == Record::Kind::start  ? 'S'
                           : message.record.kind == Record::Kind::exit ? 'E'
                                                                       : 'R';
        return letters;
    }

    const sighandler_t before = ::signal(SIGPIPE, SIG_IGN);
    std::shared_ptr<const ServiceSpec> spec;
    UniqueFd outer;
    SocketAddress service;
    InnerSockets inner;
    int program;
    Admission admission;
    ServiceContext context;
    std::pair<Channel, Channel> channels = Channel::pair();
    SharedMemory memory{single_board.bytes()};
    Scoreboard board{memory.fd(), single_board};
    std::optional<ServingProcess> process;
    std::thread thread;
};

/// Runs the body in each kind of network that can be had.
template <class Body>
void in_each_network(Body&& body) {
    SUBCASE("in the network that everybody is in") {
        body(Network::shared);
    }
    SUBCASE("in a network of its own") {
        if (::geteuid() == 0)
            body(Network::own);
        else
            MESSAGE("skipped: a network of its own takes root");
    }
}

}  // namespace

TEST_SUITE_BEGIN("mpm");

TEST_CASE("datagrams of every size go to the program and back, each peer's to itself") {
    in_each_network([](Network network) {
        Relayed relayed(network);
        const UniqueFd one = datagram_socket("127.0.0.1"), two = datagram_socket("127.0.0.2");
        for (const std::size_t size : {std::size_t{1}, std::size_t{0}, std::size_t{65'507}}) {
            CAPTURE(size);
            for (const UniqueFd* peer : {&one, &two}) {
                const std::string bytes(size, peer == &one ? 'a' : 'b');
                say(peer->get(), relayed.service, bytes);
                const auto heard = hear(relayed.program);
                REQUIRE(heard);
                CHECK(heard->bytes == bytes);
                if (network == Network::own) CHECK(heard->from == local_address(peer->get()));
                say(relayed.program, heard->from,
                    "to " + std::to_string(size) + bytes.substr(0, 1));
                const auto answer = hear(peer->get());
                REQUIRE(answer);
                CHECK(answer->bytes == "to " + std::to_string(size) + bytes.substr(0, 1));
                CHECK(answer->from == relayed.service);
            }
        }
        // Two sessions, which end with the relay.
        relayed.process->drain();
        relayed.await_end();
        CHECK(relayed.recorded() == "SSEE");
    });
}

TEST_CASE("the program may speak to a peer whenever it likes, as long as there is the session") {
    Relayed relayed(Network::shared);
    const UniqueFd peer = datagram_socket("127.0.0.1");
    say(peer.get(), relayed.service, "subscribe");
    const auto heard = hear(relayed.program);
    REQUIRE(heard);
    for (int i = 0; i < 200; ++i) {
        say(relayed.program, heard->from, std::to_string(i));
        CHECK(word(peer.get()) == std::to_string(i));
    }
    CHECK(relayed.recorded() == "S");
}

TEST_CASE("each datagram is asked about, and one that is refused never reaches the program") {
    in_each_network([](Network network) {
        ServiceSpec spec = specification();
        read_access_word("127.0.0.{1,2}", spec.access.only_from.emplace());
        spec.limits.instances = 1;
        Relayed relayed(network, spec);
        const UniqueFd one = datagram_socket("127.0.0.1"), two = datagram_socket("127.0.0.2"),
                       stranger = datagram_socket("127.0.0.3");
        say(stranger.get(), relayed.service, "stranger");
        say(one.get(), relayed.service, "one");
        CHECK(word(relayed.program) == "one");
        say(two.get(), relayed.service, "two");
        // The session that there is goes on at the limit.
        say(one.get(), relayed.service, "one more");
        const auto more = hear(relayed.program);
        REQUIRE(more);
        CHECK(more->bytes == "one more");
        CHECK(relayed.recorded() == "RSR");
        // Whoever has no answer is waited for at the end.
        say(relayed.program, more->from, "enough");
        CHECK(word(one.get()) == "enough");
    });
}

TEST_CASE("on the way out nothing is taken, and what the program has been told is answered") {
    Relayed relayed(Network::shared);
    const UniqueFd peer = datagram_socket("127.0.0.1");
    say(peer.get(), relayed.service, "early");
    REQUIRE(hear(peer.get(), 0) == std::nullopt);
    pollfd arrived{.fd = relayed.program, .events = POLLIN, .revents = 0};
    REQUIRE(::poll(&arrived, 1, patience) == 1);
    relayed.process->drain();
    const auto heard = hear(relayed.program);
    REQUIRE(heard);
    CHECK(heard->bytes == "early");
    say(relayed.program, heard->from, "answer");
    CHECK(word(peer.get()) == "answer");
    relayed.await_end();
    CHECK(relayed.recorded() == "SE");
    say(peer.get(), relayed.service, "late");
    CHECK(word(relayed.outer.get()) == "late");
}

TEST_CASE("of the program's other sockets the last four are answered") {
    Relayed relayed(Network::shared);
    const UniqueFd peer = datagram_socket("127.0.0.1");
    say(peer.get(), relayed.service, "get");
    const auto heard = hear(relayed.program);
    REQUIRE(heard);
    std::vector<UniqueFd> own;
    std::vector<SocketAddress> seen;
    for (int i = 0; i < 5; ++i) {
        own.push_back(datagram_socket("127.0.0.1"));
        for (int again = 0; again < 2; ++again) {
            say(own.back().get(), heard->from, std::to_string(i));
            const auto answer = hear(peer.get());
            REQUIRE(answer);
            CHECK(answer->bytes == std::to_string(i));
            if (again == 0) seen.push_back(answer->from);
            CHECK(answer->from == seen.back());
        }
    }
    CHECK(std::set<std::uint16_t>{seen[0].port(), seen[1].port(), seen[2].port(), seen[3].port(),
                                  seen[4].port(), relayed.service.port()}
              .size() >= 5);
    for (int i = 1; i < 5; ++i) {
        say(peer.get(), seen[static_cast<std::size_t>(i)], "on " + std::to_string(i));
        CHECK(word(own[static_cast<std::size_t>(i)].get()) == "on " + std::to_string(i));
    }
    // The service's own way is open as before.
    say(relayed.program, heard->from, "and here");
    const auto last = hear(peer.get());
    REQUIRE(last);
    CHECK(last->from == relayed.service);
    CHECK(hear(own[0].get(), 0) == std::nullopt);
}

TEST_CASE("who is not the peer is not heard on the peer's way") {
    Relayed relayed(Network::shared);
    const UniqueFd peer = datagram_socket("127.0.0.1"), other = datagram_socket("127.0.0.1"),
                   own = datagram_socket("127.0.0.1");
    say(peer.get(), relayed.service, "get");
    const auto heard = hear(relayed.program);
    REQUIRE(heard);
    say(own.get(), heard->from, "data");
    const auto data = hear(peer.get());
    REQUIRE(data);
    say(other.get(), data->from, "forged");
    say(peer.get(), data->from, "real");
    CHECK(word(own.get()) == "real");
}

TEST_CASE("a silent peer is forgotten, and comes again as a new one") {
    ServiceSpec spec = specification();
    spec.idle_timeout = 1;
    Relayed relayed(Network::shared, spec);
    const UniqueFd peer = datagram_socket("127.0.0.1");
    std::string records;
    for (const char* text : {"first", "second"}) {
        say(peer.get(), relayed.service, text);
        CHECK(word(relayed.program) == text);
        for (int i = 0; i < 500 && !records.ends_with("E"); ++i) {
            ::poll(nullptr, 0, 20);
            records += relayed.recorded();
        }
        records += ' ';
    }
    CHECK(records == "SE SE ");
}

TEST_SUITE_END();
