// SPDX-License-Identifier: ISC
// A driver without a socket: it plays a client's side of the handler contract, in any rhythm, and
// checks that the contract is kept.
#pragma once

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "services/handler.h"

namespace minetd {

class FakeDriver {
  public:
    static constexpr std::size_t unlimited = static_cast<std::size_t>(-1);

    /// How the client and the network behave.
    struct Rhythm {
        std::size_t read_size = unlimited;  ///< bytes that one read from the socket yields
        std::size_t window = unlimited;     ///< bytes that the client takes until it reads again
    };

    explicit FakeDriver(Handler& handler) : FakeDriver(handler, Rhythm()) {}
    FakeDriver(Handler& handler, Rhythm rhythm)
        : handler_(handler), rhythm_(rhythm), window_(rhythm.window) {
        step([this] { return handler_.on_open(connection_); });
        run();
    }

    // -- what the client does
    void send(std::string_view bytes) {
        wire_ += bytes;
        run();
    }
    void end() {
        client_ended_ = true;
        run();
    }
    /// Takes `bytes` more; what was taken is in received().
    void read(std::size_t bytes) {
        window_ += bytes;
        run();
    }

    // -- what came of it
    const std::string& received() const { return received_; }
    bool closed() const { return next_ == Next::close && connection_.owed() == 0; }
    Next next() const { return next_; }
    std::size_t steps() const { return steps_; }
    std::size_t owed() const { return connection_.owed(); }
    std::size_t owed_most() const { return owed_most_; }
    /// What the client sent and the server has not taken from the socket.
    const std::string& unread() const { return wire_; }
    Connection& connection() { return connection_; }
    /// The superdaemon's answer to a pass: it cannot.
    void decline() {
        REQUIRE_FALSE(connection_.passed_to().empty());
        connection_.decline_pass();
        next_ = Next::read;
        step([this] { return handler_.on_input(connection_); });
        run();
    }

  private:
    template <class Step>
    void step(Step take) {
        REQUIRE(next_ != Next::close);
        REQUIRE(++steps_ < 5'000'000);
        next_ = take();
        // A driver takes this for `close`; our own handlers say so themselves.
        REQUIRE_FALSE((next_ == Next::read && connection_.input_ended()));
        // Waiting for output that is not owed would be waiting for ever.
        if (next_ == Next::write) REQUIRE(connection_.owed() > 0);
        owed_most_ = std::max(owed_most_, connection_.owed());
    }

    void run() {
        while (write_some() || read_some()) {
        }
    }

    bool write_some() {
        OutputQueue& output = connection_.output_queue();
        const std::size_t next = output.bytes().empty() && output.has_file()
                                     ? output.file().length
                                     : output.bytes().size();
        const std::size_t count = std::min(next, window_);
        if (count == 0) return false;
        if (output.bytes().empty())
            read_file(output.file(), count);
        else
            received_ += output.bytes().substr(0, count);
        output.consume(count);
        window_ -= rhythm_.window == unlimited ? 0 : count;
        if (connection_.owed() == 0 && next_ != Next::close)
            step([this] { return handler_.on_drained(connection_); });
        return true;
    }

    void read_file(const FileRange& range, std::size_t count) {
        std::string bytes(count, '\0');
        REQUIRE(::pread(range.file->get(), bytes.data(), count, range.offset) ==
                static_cast<ssize_t>(count));
        received_ += bytes;
    }

    bool read_some() {
        if (next_ != Next::read || connection_.input_ended()) return false;
        if (wire_.empty()) {
            if (!client_ended_) return false;
            connection_.end_input();
        } else {
            const std::size_t held = connection_.input().size();
            REQUIRE(held < connection_.read_ahead());
            const std::size_t count =
                std::min({wire_.size(), rhythm_.read_size, connection_.read_ahead() - held});
            connection_.input_queue().append(std::string_view(wire_).substr(0, count));
            wire_.erase(0, count);
        }
        step([this] { return handler_.on_input(connection_); });
        return true;
    }

    Handler& handler_;
    Rhythm rhythm_;
    Connection connection_{{}, {}};
    std::size_t window_;
    std::string wire_, received_;
    std::size_t steps_ = 0, owed_most_ = 0;
    Next next_ = Next::read;
    bool client_ended_ = false;
};

}  // namespace minetd
