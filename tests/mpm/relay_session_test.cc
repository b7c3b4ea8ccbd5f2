// SPDX-License-Identifier: ISC
#include "mpm/relay_session.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "daemon/os/socket.h"

using namespace minetd;

namespace {

/// A socket of this host that takes connections, refuses them, or never answers.
class Host {
  public:
    enum class Kind { open, refusing, silent };
    explicit Host(Kind kind) {
        address = resolve("127.0.0.1", 0, AF_INET).at(0);
        fd_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        REQUIRE(::bind(fd_.get(), address.raw(), address.length) == 0);
        REQUIRE(::getsockname(fd_.get(), address.raw(), &address.length) == 0);
        if (kind == Kind::refusing) return;  // bound, so that nobody else listens there
        REQUIRE(::listen(fd_.get(), kind == Kind::open ? 8 : 0) == 0);
        // Its one place and two who take it: the kernel lets the next one wait.
        for (int i = 0; kind == Kind::silent && i < 2; ++i) {
            takers_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
            ::connect(takers_.back().get(), address.raw(), address.length);
        }
    }
    UniqueFd accept() const {
        pollfd item{.fd = fd_.get(), .events = POLLIN, .revents = 0};
        ::poll(&item, 1, 10'000);
        return UniqueFd(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    }
    SocketAddress address;

  private:
    UniqueFd fd_;
    std::vector<UniqueFd> takers_;
};

using Kind = Host::Kind;
using Wants = Conversation::Wants;

ServiceSpec specification() {
    ServiceSpec spec;
    spec.id = "relay";
    spec.redirect.connect_timeout = 8;
    return spec;
}

/// A session for a client, between it and the hosts that a name has, stepped by the test.
struct Relay {
    explicit Relay(std::vector<SocketAddress> addresses, ServiceSpec with = specification(),
                   int room = 0)
        : spec(std::move(with)), destination("name:80", [addresses] {
              if (addresses.empty()) throw std::runtime_error("nobody knows it");
              return addresses;
          }) {
        int ends[2];
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
        client.reset(ends[0]);
        if (room > 0) ::setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
        session = std::make_unique<RelaySession>(UniqueFd(ends[1]),
                                                 resolve("192.0.2.1", 1000, AF_INET).at(0),
                                                 resolve("192.0.2.2", 80, AF_INET).at(0), route);
        wants = session->begin();
    }
    /// Steps it as often as its descriptor is ready, waiting for that until it `is` so.
    template <class Condition>
    void run_until(Condition is) {
        for (int i = 0; i < 100'000 && !is(); ++i) {
            pollfd item{.fd = session->fd(), .events = POLLIN, .revents = 0};
            REQUIRE(::poll(&item, 1, 10'000) == 1);
            wants = session->resume();
        }
        REQUIRE(is());
    }
    void run_to_the_end() {
        run_until([this] { return wants == Wants::end; });
    }
    bool relaying() const { return session->requests() == 1; }
    std::vector<SocketAddress> order() { return destination.ask(monotonic_ms())->addresses; }
    /// What was told of refusals, and logged, one after the other.
    std::string told() {
        reporter.finish();
        std::string all;
        ControlMessage message;
        UniqueFd attached;
        while (receive_control(channels.first, message, attached) == Channel::Received::message)
            all += (message.kind == ControlMessage::Kind::log ? message.text_view()
                                                              : std::string("refused")) +
                   "\n";
        return all;
    }

    ServiceSpec spec;
    Destination destination;
    std::pair<Channel, Channel> channels = Channel::pair();
    Reporter reporter{channels.second, spec};
    RelayRoute route{spec, destination, reporter};
    UniqueFd client;
    std::unique_ptr<RelaySession> session;
    Wants wants{};
};

void say(const UniqueFd& fd, std::string_view text) {
    REQUIRE(::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(text.size()));
}

std::string hear(const UniqueFd& fd, std::size_t size) {
    std::string text(size, '\0');
    std::size_t got = 0;
    pollfd item{.fd = fd.get(), .events = POLLIN, .revents = 0};
    while (got < size && ::poll(&item, 1, 10'000) == 1) {
        const ssize_t more = ::recv(fd.get(), text.data() + got, size - got, 0);
        if (more <= 0) break;
        got += static_cast<std::size_t>(more);
    }
    text.resize(got);
    return text;
}

}  // namespace

TEST_SUITE("mpm") {
    TEST_CASE("relay: the addresses of a name are tried in turn") {
        const struct {
            std::vector<Kind> hosts;
            int taken;  ///< by which; -1: by none
        } table[] = {
            {{Kind::open}, 0},
            {{Kind::open, Kind::open}, 0},
            {{Kind::refusing, Kind::open}, 1},
            {{Kind::refusing, Kind::refusing, Kind::open, Kind::open}, 2},
            {{Kind::refusing}, -1},
            {{Kind::refusing, Kind::refusing}, -1},
        };
        for (const auto& row : table) {
            CAPTURE(row.hosts.size());
            CAPTURE(row.taken);
            std::vector<Host> hosts;
            std::vector<SocketAddress> addresses;
            for (const Kind kind : row.hosts) addresses.push_back(hosts.emplace_back(kind).address);
            Relay relay(addresses);
            if (row.taken < 0) {
                relay.run_to_the_end();
                CHECK_FALSE(relay.relaying());
                CHECK(relay.told().find("relay: cannot forward to name:80: ") != std::string::npos);
                continue;
            }
            relay.run_until([&] { return relay.relaying(); });
            const auto taken = static_cast<std::size_t>(row.taken);
            const UniqueFd server = hosts[taken].accept();
            REQUIRE(server);
            say(relay.client, "hello");
            relay.run_until([&] { return relay.session->traffic().received == 5; });
            CHECK(hear(server, 5) == "hello");
            // Those that refused are tried last from now on.
            std::rotate(addresses.begin(), addresses.begin() + row.taken, addresses.end());
            CHECK(relay.order() == addresses);
            CHECK(relay.told().empty());
        }
    }

    TEST_CASE("relay: an address that is silent has its share of the time, and no more") {
        const Host silent(Kind::silent), open(Kind::open);
        Relay relay({silent.address, open.address});
        relay.run_until([&] { return relay.session->progress() == 1; });
        CHECK_FALSE(relay.relaying());
        CHECK(relay.session->phase() == Phase::first_byte);
        CHECK(relay.session->has_own_limit());
        // Of the 8 seconds of both.
        CHECK(relay.session->limit() <= 4000);
        CHECK(relay.session->limit() > 0);
        CHECK(relay.session->time_over() == Wants::input);
        relay.run_until([&] { return relay.relaying(); });
        CHECK(open.accept());
        CHECK(relay.order() == std::vector<SocketAddress>{open.address, silent.address});
    }

    TEST_CASE("relay: who is silent is given up, and it is said once") {
        const Host silent(Kind::silent);
        Relay relay({silent.address});
        relay.run_until([&] { return relay.session->progress() == 1; });
        CHECK(relay.session->time_over() == Wants::end);
        const std::string told = relay.told();
        CHECK(told.find("refused\n") != std::string::npos);
        CHECK(told.find("relay: cannot forward to name:80: ") != std::string::npos);
    }

    TEST_CASE("relay: a name that nobody knows") {
        Relay relay({});
        relay.run_to_the_end();
        CHECK(relay.told().find("cannot forward to name:80: nobody knows it") != std::string::npos);
    }

    TEST_CASE("relay: both directions, each to its own end, and what was moved is counted") {
        const Host host(Kind::open);
        Relay relay({host.address});
        relay.run_until([&] { return relay.relaying(); });
        const UniqueFd server = host.accept();
        REQUIRE(server);
        say(relay.client, "question");
        ::shutdown(relay.client.get(), SHUT_WR);
        relay.run_until([&] { return relay.session->traffic().received == 8; });
        CHECK(hear(server, 100) == "question");  // and the end
        say(server, "a long answer");
        relay.run_until([&] { return relay.session->traffic().sent == 13; });
        CHECK(relay.wants == Wants::input);
        ::shutdown(server.get(), SHUT_WR);
        relay.run_to_the_end();
        CHECK(hear(relay.client, 100) == "a long answer");
    }

    TEST_CASE("relay: the destination is told first who the client is") {
        const Host host(Kind::open);
        ServiceSpec spec = specification();
        spec.redirect.proxy_protocol = ProxyProtocol::v1;
        Relay relay({host.address}, spec);
        say(relay.client, "hello");
        relay.run_until([&] { return relay.session->traffic().received == 5; });
        const UniqueFd server = host.accept();
        const std::string header = "PROXY TCP4 192.0.2.1 192.0.2.2 1000 80\r\n";
        CHECK(hear(server, header.size() + 5) == header + "hello");
    }

    TEST_CASE("relay: silence has the idle limit, a full receiver the limit of writing") {
        const Host host(Kind::open);
        ServiceSpec spec = specification();
        spec.idle_timeout = 70;
        spec.timeouts.write = 7;
        Relay relay({host.address}, spec);
        relay.run_until([&] { return relay.relaying(); });
        const UniqueFd server = host.accept();
        CHECK_FALSE(relay.session->has_own_limit());
        CHECK(relay.session->phase() == Phase::request);
        CHECK(relay.session->limit() == 70'000);
        const std::string much(1'000'000, 'x');
        for (int i = 0; i < 1000 && relay.session->phase() != Phase::write; ++i) {
            ::send(relay.client.get(), much.data(), much.size(), MSG_NOSIGNAL);
            relay.wants = relay.session->resume();
        }
        CHECK(relay.session->phase() == Phase::write);
        CHECK(relay.session->limit() == 7'000);
        CHECK(relay.session->time_over() == Wants::end);
    }

    TEST_CASE("relay: what a server answers before it hangs up arrives, whatever it has not read") {
        const struct {
            const char* what;
            int room;  ///< for what the client does not take; 0: as usual
            std::size_t size;
        } rows[] = {{"at once", 0, 100}, {"as the client takes it", 1, 32'000}};
        for (const auto& row : rows) {
            CAPTURE(row.what);
            const Host host(Kind::open);
            Relay relay({host.address}, specification(), row.room);
            relay.run_until([&] { return relay.relaying(); });
            UniqueFd server = host.accept();
            REQUIRE(server);
            say(relay.client, "too much");
            relay.run_until([&] { return relay.session->traffic().received == 8; });
            const std::string answer(row.size, 'a');
            say(server, answer);
            server.reset();  // with something unread: a reset
            say(relay.client, "and more");
            relay.wants = relay.session->resume();
            std::string heard;
            while (relay.wants != Wants::end) {
                heard += hear(relay.client, 1);
                relay.wants = relay.session->resume();
            }
            CHECK(heard + hear(relay.client, row.size - heard.size()) == answer);
        }
    }

    TEST_CASE("relay: a source that is no address is an error of the route") {
        ServiceSpec spec = specification();
        spec.redirect.source = "no address at all";
        CHECK_THROWS_AS(Relay({}, spec), std::runtime_error);
    }
}
