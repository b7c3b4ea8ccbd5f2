// SPDX-License-Identifier: ISC
#include "mpm/socket_stream.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <string>
#include <thread>

#include "mpm/stream_session.h"
#include "services/handler.h"

using namespace minetd;

namespace {

/// A handler of the blocking form, made of a function.
class Blocking final : public Handler {
  public:
    explicit Blocking(void (*body)(BlockingStream&)) : body_(body) { declare({.blocking = true}); }
    Next on_input(Connection&) noexcept override {
        FAIL("a blocking handler was stepped");
        return Next::close;
    }
    void serve(BlockingStream& stream) noexcept override { body_(stream); }

  private:
    void (*body_)(BlockingStream&);
};

/// Its session on one end of a pair of sockets; the test is the peer on the other.
class Stage {
  public:
    explicit Stage(void (*body)(BlockingStream&)) : handler_(body) {
        int ends[2];
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
        peer = UniqueFd(ends[1]);
        session = std::make_unique<StreamSession>(UniqueFd(ends[0]), SocketAddress{},
                                                  SocketAddress{}, handler_, deadlines);
    }

    void say(const std::string& text) const {
        REQUIRE(::send(peer.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(text.size()));
    }
    void half_close() const { REQUIRE(::shutdown(peer.get(), SHUT_WR) == 0); }
    std::string hear(std::size_t most = static_cast<std::size_t>(-1)) const {
        std::string heard;
        char bytes[4096];
        while (heard.size() < most) {
            const ssize_t got = ::recv(peer.get(), bytes, sizeof bytes, 0);
            if (got <= 0) break;
            heard.append(bytes, static_cast<std::size_t>(got));
        }
        return heard;
    }

    const Deadlines deadlines{{1000, 1000, 1000, 1000, 2000}};
    UniqueFd peer;
    std::unique_ptr<StreamSession> session;

  private:
    Blocking handler_;
};

void echo(BlockingStream& stream) {
    char bytes[1000];
    for (;;) {
        const ssize_t got = stream.read(bytes);
        if (got <= 0 || !stream.write({bytes, static_cast<std::size_t>(got)})) return;
    }
}

}  // namespace

TEST_SUITE("mpm") {
    using Wants = StreamSession::Wants;

    TEST_CASE("blocking: one call serves the whole connection, and then it lingers") {
        Stage stage(echo);
        std::string text;
        for (int i = 0; text.size() < 3'000'000; ++i) text += std::to_string(i) + ' ';
        std::string heard;
        std::thread client([&] {
            std::thread reader([&] { heard = stage.hear(text.size()); });
            stage.say(text);
            reader.join();
            stage.half_close();
        });
        CHECK(stage.session->begin() == Wants::end);  // the peer has said all: no need to linger
        client.join();
        CHECK(heard == text);

        Stage polite([](BlockingStream& stream) { stream.connection().send("goodbye"); });
        polite.say("unread input must not reset the answer");
        CHECK(polite.session->begin() == Wants::input);
        CHECK(polite.session->phase() == Phase::linger);
        CHECK(polite.hear() == "goodbye");
        polite.half_close();
        CHECK(polite.session->resume() == Wants::end);
    }

    TEST_CASE("blocking: what was queued goes before one waits for the answer") {
        Stage stage([](BlockingStream& stream) {
            stream.connection().send("name? ");
            char name[100];
            const ssize_t got = stream.read(name);
            stream.connection().send("hello ");
            stream.write({name, got > 0 ? static_cast<std::size_t>(got) : 0});
        });
        std::string heard;
        std::thread client([&] {
            heard = stage.hear(6);
            stage.say("you");
            heard += '|' + stage.hear();
            stage.half_close();
        });
        stage.session->begin();
        client.join();
        CHECK(heard == "name? |hello you");
    }

    TEST_CASE("blocking: a silent peer is let go, and may be told why") {
        Stage stage([](BlockingStream& stream) {
            char bytes[10];
            const ssize_t got = stream.read(bytes);
            stream.write(got == -1 && errno == ETIMEDOUT ? "too slow" : "?");
        });
        stage.session->begin();
        CHECK(stage.hear() == "too slow");
    }

    TEST_CASE("blocking: a peer that takes nothing is let go") {
        Stage stage([](BlockingStream& stream) {
            const std::string much(10'000'000, 'x');
            CHECK_FALSE(stream.write(much));
            CHECK(errno == ETIMEDOUT);
            CHECK_FALSE(stream.write("more"));
        });
        CHECK(stage.session->begin() == Wants::end);
    }

    TEST_CASE("blocking: a peer that is gone ends it") {
        Stage stage(echo);
        stage.say("x");
        stage.peer.reset();
        CHECK(stage.session->begin() == Wants::end);
    }
}
