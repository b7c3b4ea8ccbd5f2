// SPDX-License-Identifier: ISC
// The inquirer is the test: it says what is known of a host, and when.
#include "mpm/datagram_server.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include <string>
#include <thread>
#include <vector>

#include "daemon/config/access_words.h"
#include "daemon/os/socket.h"
#include "services/service_context.h"

using namespace minetd;

namespace {

constexpr int patience_ms = 30'000;

bool readable(int fd) {
    pollfd item{.fd = fd, .events = POLLIN, .revents = 0};
    return ::poll(&item, 1, patience_ms) == 1;
}

/// Answers with what came.
struct Mirror : Handler {
    Next on_input(Connection&) noexcept override { return Next::close; }
    void on_datagram(Datagram& datagram) noexcept override {
        datagram.reply(std::string(datagram.payload()));
    }
};

ServiceSpec spec_of_names() {
    ServiceSpec spec;
    spec.id = "mirror";
    spec.socket_type = SocketType::dgram;
    spec.protocol = "udp";
    spec.udp_guard = UdpGuard::off;
    read_access_word(".example.org", spec.access.only_from.emplace());
    read_access_word("127.0.0.9", *spec.access.only_from);
    return spec;
}

SocketOptions udp() {
    SocketOptions options;
    options.type = SOCK_DGRAM;
    options.packet_info = true;
    return options;
}

struct Served {
    ServiceSpec spec = spec_of_names();
    ServiceContext context;
    std::shared_ptr<Inquiry> inquiry = std::make_shared<Inquiry>();
    Admission admission{spec, nullptr, nullptr, inquiry};
    std::pair<Channel, Channel> control = Channel::pair();
    Reporter reporter{control.first, spec};
    Mirror handler;
    ReplyBudget budget{1};
    DatagramServer server{spec, context, &admission, handler, reporter, budget};
    Scoreboard::ThreadLine line{};
    UniqueFd fd = open_listener(resolve("0.0.0.0", 0, AF_INET).front(), udp());
    ListeningSocket socket{.fd = fd.get(), .address = local_address(fd.get())};

    /// Exactly so many datagrams are there, or come.
    void serve(int count) {
        for (int served = 0; served < count;) {
            REQUIRE(readable(fd.get()));
            served += server.serve(socket, count - served, line);
        }
        CHECK(server.serve(socket, 1, line) == 0);
    }
    /// Waits for the next answer.
    void settle() {
        REQUIRE(readable(server.answers_fd()));
        server.settle(line);
    }
    struct Asked {
        Question question;
        Channel reply;
        void answer(Verdict name) {
            const Answers said{.name = name};
            REQUIRE(reply.send(&said, sizeof said));
        }
    };
    bool is_asked() {
        pollfd item{.fd = inquiry->inlet(), .events = POLLIN, .revents = 0};
        return ::poll(&item, 1, 0) == 1;
    }
    Asked asked() {
        Asked asked;
        UniqueFd reply;
        REQUIRE(inquiry->receive(asked.question, reply) == Channel::Received::message);
        asked.reply = Channel(std::move(reply));
        return asked;
    }
    /// What was told: `fail REASON`, `log`; those that were counted only, one by one.
    std::vector<std::string> told() {
        reporter.finish();
        std::vector<std::string> all;
        ControlMessage message;
        UniqueFd attached;
        while (receive_control(control.second, message, attached) == Channel::Received::message) {
            if (message.kind == ControlMessage::Kind::log) all.emplace_back("log");
            if (message.kind != ControlMessage::Kind::record) continue;
            for (std::uint64_t i = 0; i <= message.record.repeated; ++i)
                all.push_back("fail " + std::string(message.record.reason));
        }
        return all;
    }
};

struct Sender {
    Sender(const char* address, const Served& served)
        : fd(open_listener(resolve(address, 0, AF_INET).front(), udp())) {
        SocketAddress there = served.socket.address;
        there.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        // A connected socket hears nobody else: an answer comes from where the question went.
        REQUIRE(::connect(fd.get(), there.raw(), there.length) == 0);
    }
    void send(const std::string& text) const {
        REQUIRE(::send(fd.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
    }
    std::string receive() const {
        char text[100];
        REQUIRE(readable(fd.get()));
        const ssize_t got = ::recv(fd.get(), text, sizeof text, 0);
        return got < 0 ? "" : std::string(text, static_cast<std::size_t>(got));
    }
    bool silent() const {
        pollfd item{.fd = fd.get(), .events = POLLIN, .revents = 0};
        return ::poll(&item, 1, 0) == 0;
    }
    UniqueFd fd;
};

}  // namespace

TEST_SUITE("mpm") {
    TEST_CASE("datagrams: whose host is asked about waits, and nobody else does") {
        Served served;
        const Sender slow("127.0.0.3", served), slow_too("127.0.0.3", served),
            quick("127.0.0.2", served), known("127.0.0.9", served);
        slow.send("1");
        served.serve(1);
        Served::Asked about_slow = served.asked();
        slow_too.send("2");
        slow.send("3");
        known.send("known");
        quick.send("quick");
        served.serve(4);
        CHECK(known.receive() == "known");
        Served::Asked about_quick = served.asked();
        CHECK(about_quick.question.peer == local_address(quick.fd.get()));
        about_quick.answer(Verdict::allow);
        served.settle();
        CHECK(quick.receive() == "quick");
        CHECK(slow.silent());
        CHECK(served.server.holds());
        // One question was enough for all that the host said.
        CHECK_FALSE(served.is_asked());
        about_slow.answer(Verdict::allow);
        served.settle();
        CHECK(slow.receive() == "1");
        CHECK(slow.receive() == "3");
        CHECK(slow_too.receive() == "2");
        CHECK_FALSE(served.server.holds());
        CHECK(served.line.accesses == 5);
        CHECK(served.line.bytes == 13);
        // The next one is asked about again.
        slow.send("4");
        served.serve(1);
        served.asked().answer(Verdict::deny);
        served.settle();
        CHECK(served.told() == std::vector<std::string>{"fail address"});
        CHECK(slow.silent());
        CHECK(served.line.accesses == 5);  // who is refused is none of those served
    }

    TEST_CASE("datagrams: of whom nothing can be found out is refused") {
        Served served;
        const Sender first("127.0.0.3", served), second("127.0.0.4", served);
        first.send("1");
        second.send("2");
        served.serve(2);
        { const Served::Asked closed = served.asked(), closed_too = served.asked(); }
        while (served.server.holds()) served.settle();
        CHECK(served.told() == std::vector<std::string>(2, "fail address"));
        CHECK(first.silent());
        CHECK(second.silent());
    }

    TEST_CASE("datagrams: one too many pushes out the oldest, which is told once") {
        Served served;
        const Sender slow("127.0.0.3", served);
        constexpr std::size_t extra = 5, all = HeldDatagrams::most_of_host + extra;
        for (std::size_t i = 0; i < all; ++i) {
            slow.send(std::to_string(i));
            served.serve(1);
        }
        std::vector<std::string> expected(extra, "fail address");
        expected.insert(expected.begin(), "log");
        CHECK(served.told() == expected);
        served.asked().answer(Verdict::allow);
        served.settle();
        for (std::size_t i = extra; i < all; ++i) CHECK(slow.receive() == std::to_string(i));
        CHECK(slow.silent());
    }

    TEST_CASE("datagrams: the end waits for all that was taken") {
        Served served;
        const Sender first("127.0.0.3", served), second("127.0.0.4", served);
        first.send("1");
        second.send("2");
        served.serve(2);
        Served::Asked one = served.asked(), two = served.asked();
        std::thread inquirer([&] {
            two.answer(Verdict::allow);
            one.reply.close();
        });
        served.server.finish(served.line);
        inquirer.join();
        CHECK_FALSE(served.server.holds());
        CHECK(second.receive() == "2");
        CHECK(first.silent());
        CHECK(served.told() == std::vector<std::string>{"fail address"});
    }
}
