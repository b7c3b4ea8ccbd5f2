// SPDX-License-Identifier: ISC
#include "mpm/stream_session.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include <string>
#include <vector>

#include "mpm/session_clock.h"
#include "services/registry.h"
#include "services/service_context.h"

using namespace minetd;

namespace {

/// A session on one end of a socket pair, its peer on the other, stepped by the test.
class Stage {
  public:
    explicit Stage(const char* builtin, int buffer = 0) {
        int ends[2];
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
        if (buffer > 0) {
            for (int fd : ends) {
                ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
                ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
            }
        }
        peer = UniqueFd(ends[1]);
        context.mux_names = {"known"};
        if (std::string_view(builtin) == "http") context.arguments = {"/"};
        handler = find_builtin(builtin)->make(context);
        session = std::make_unique<StreamSession>(UniqueFd(ends[0]), SocketAddress{},
                                                  SocketAddress{}, *handler, deadlines);
        wants = session->begin();
    }

    void say(const std::string& text) const {
        REQUIRE(::send(peer.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(text.size()));
    }
    void half_close() const { REQUIRE(::shutdown(peer.get(), SHUT_WR) == 0); }
    /// Steps the session while its socket is ready for what it wants; returns what it said.
    std::string run(bool listening = true) {
        std::string heard;
        for (int i = 0; i < 100'000; ++i) {
            char bytes[4096];
            ssize_t got = listening ? ::recv(peer.get(), bytes, sizeof bytes, 0) : -1;
            if (got > 0) heard.append(bytes, static_cast<std::size_t>(got));
            if (wants == StreamSession::Wants::end || wants == StreamSession::Wants::passing) {
                if (got <= 0) return heard;
                continue;
            }
            pollfd item{.fd = session->fd(), .events = 0, .revents = 0};
            if (wants != StreamSession::Wants::output) item.events |= POLLIN;
            if (wants != StreamSession::Wants::input) item.events |= POLLOUT;
            if (::poll(&item, 1, 0) == 0 && got <= 0) return heard;
            if (item.revents != 0) wants = session->resume();
        }
        FAIL("the session never came to rest");
        return heard;
    }

    Deadlines deadlines = deadlines_of(ServiceSpec{}, HandlerTraits{});
    ServiceContext context;
    UniqueFd peer;
    std::unique_ptr<Handler> handler;
    std::unique_ptr<StreamSession> session;
    StreamSession::Wants wants{};
};

}  // namespace

TEST_SUITE("mpm") {
    using Wants = StreamSession::Wants;

    TEST_CASE("echo: whole, byte by byte, and after a half close") {
        Stage stage("echo");
        CHECK(stage.wants == Wants::input);
        stage.say("hello");
        CHECK(stage.run() == "hello");
        for (const char c : std::string("bytes")) {
            stage.say({c});
            CHECK(stage.run() == std::string{c});
        }
        stage.say("last");
        stage.half_close();
        CHECK(stage.run() == "last");
        CHECK(stage.wants == Wants::end);
    }

    TEST_CASE("echo: a peer that does not read stops what is read from it, and loses nothing") {
        Stage stage("echo", 4096);
        std::string sent;
        const std::string piece(1000, 'x');
        for (int idle = 0; idle < 50;) {
            const ssize_t size = ::send(stage.peer.get(), piece.data(), piece.size(), MSG_NOSIGNAL);
            if (size > 0) sent.append(piece, 0, static_cast<std::size_t>(size));
            idle = size > 0 ? 0 : idle + 1;
            stage.run(false);
        }
        CHECK(sent.size() < 1'000'000);  // it did stop
        CHECK((stage.wants == Wants::output || stage.wants == Wants::both));
        stage.half_close();
        CHECK(stage.run().size() == sent.size());
        CHECK(stage.wants == Wants::end);
    }

    TEST_CASE("daytime: speaks first, closes its side, and lingers for the peer's") {
        Stage stage("daytime");
        stage.say("unread input must not reset the answer");
        const std::string answer = stage.run();
        CHECK(answer.size() == 26);
        CHECK(answer.substr(24) == "\r\n");
        CHECK(stage.wants == Wants::input);
        CHECK(stage.session->phase() == Phase::linger);
        CHECK(stage.session->limit() == 2000);
        stage.half_close();
        stage.run();
        CHECK(stage.wants == Wants::end);
    }

    TEST_CASE("chargen: a fast reader does not keep the thread") {
        Stage stage("chargen");
        std::size_t heard = 0;
        char bytes[65536];
        for (int i = 0; i < 50; ++i) {
            REQUIRE(stage.wants != Wants::end);
            const ssize_t got = ::recv(stage.peer.get(), bytes, sizeof bytes, 0);
            if (got > 0) heard += static_cast<std::size_t>(got);
            stage.wants = stage.session->resume();  // returns every time
        }
        CHECK(heard > 100'000);
        stage.peer.reset();
        for (int i = 0; i < 10 && stage.wants != Wants::end; ++i)
            stage.wants = stage.session->resume();
        CHECK(stage.wants == Wants::end);
    }

    TEST_CASE("discard: says nothing") {
        Stage stage("discard");
        stage.say(std::string(50'000, 'x'));
        CHECK(stage.run().empty());
        CHECK(stage.wants == Wants::input);
        stage.half_close();
        CHECK(stage.run().empty());
        CHECK(stage.wants == Wants::end);
    }

    TEST_CASE("tcpmux: passes a known name and leaves what follows in the socket") {
        Stage stage("tcpmux");
        stage.say("KNOWN\r\nfor the service");
        CHECK(stage.run().empty());
        REQUIRE(stage.wants == Wants::passing);
        CHECK(stage.session->connection().passed_to() == "known");
        char bytes[64];
        const ssize_t left = ::recv(stage.session->fd(), bytes, sizeof bytes, 0);
        CHECK(std::string(bytes, static_cast<std::size_t>(left)) == "for the service");
        stage.wants = stage.session->declined();
        CHECK(stage.run().substr(0, 1) == "-");
    }

    TEST_CASE("requests are counted as they are, in whatever pieces they come") {
        const std::string get = "GET /none HTTP/1.1\r\nHost: a\r\n\r\n";
        const std::string post = "POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n";
        std::string ten;
        for (int i = 0; i < 10; ++i) ten += get;
        const struct {
            const char* builtin;
            std::vector<std::string> said;
            std::uint64_t requests;
        } rows[] = {
            {"tcpmux", {"finger\r\n"}, 1},
            {"tcpmux", {"f", "i", "nger", "\r", "\n"}, 1},
            {"tcpmux", {"finger"}, 0},
            {"http", {get}, 1},
            {"http", {get.substr(0, 9), get.substr(9)}, 1},
            {"http", {ten}, 10},
            {"http", {post, "1", "2", "34", "56789"}, 1},
            {"http", {post, "123", "456789" + get}, 2},
            {"http", {"garbage\r\n\r\n"}, 1},
            {"echo", {"a", "b"}, 2},
        };
        for (const auto& row : rows) {
            CAPTURE(row.builtin);
            CAPTURE(row.said[0]);
            Stage stage(row.builtin);
            for (const std::string& piece : row.said) {
                stage.say(piece);
                stage.run();
            }
            CHECK(stage.session->requests() == row.requests);
        }
    }

    TEST_CASE("the time of a request that trickles in runs from its first byte") {
        const struct {
            const char* builtin;
            std::string begun, piece;
        } rows[] = {
            {"tcpmux", "f", "i"},
            {"http", "G", "E"},
            {"http", "POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n1", "2"},
        };
        for (const auto& row : rows) {
            CAPTURE(row.begun);
            Stage stage(row.builtin);
            CHECK(stage.session->phase() == Phase::first_byte);
            SessionClock clock(0);
            stage.say(row.begun);
            stage.run();
            clock.update(*stage.session, 10);
            CHECK(clock.phase() == Phase::request);
            for (Milliseconds now = 11; now < 20; ++now) {
                stage.say(row.piece);
                stage.run();
                clock.update(*stage.session, now);
            }
            CHECK(clock.phase() == Phase::request);
            CHECK(clock.since() == 10);
        }
        CHECK(find_builtin("tcpmux")->traits.request_timeout != 0);
    }

    TEST_CASE("a peer that resets ends the session") {
        for (const char* builtin : {"echo", "discard", "chargen"}) {
            CAPTURE(builtin);
            Stage stage(builtin);
            stage.peer.reset();
            for (int i = 0; i < 100 && stage.wants != Wants::end; ++i)
                stage.wants = stage.session->resume();
            CHECK(stage.wants == Wants::end);
        }
    }
}
