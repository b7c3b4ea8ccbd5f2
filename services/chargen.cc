// SPDX-License-Identifier: ISC
// RFC 864: characters until the client goes away; its own input is read and thrown away, so that
// it never fills up and turns our close into a reset.
#include "services/builtins.h"
#include "services/random_numbers.h"

namespace minetd {
namespace {

constexpr std::size_t characters = 95;  // the printing ones, from space to tilde
constexpr std::size_t line_length = 72;
constexpr std::size_t line_size = line_length + 2;
constexpr std::size_t datagram_max = 512;

constexpr auto turn = [] {
    std::array<char, characters * line_size> text{};
    std::size_t at = 0;
    for (std::size_t line = 0; line < characters; ++line) {
        for (std::size_t column = 0; column < line_length; ++column)
            text[at++] = static_cast<char>(' ' + (line + column) % characters);
        text[at++] = '\r';
        text[at++] = '\n';
    }
    return text;
}();

class Chargen final : public Handler {
  public:
    Next on_open(Connection& connection) noexcept override { return on_drained(connection); }

    Next on_input(Connection& connection) noexcept override {
        connection.consume(connection.input().size());
        return onwards(connection);
    }

    // One whole turn at a time: what is owed is bounded, and no position has to be remembered.
    Next on_drained(Connection& connection) noexcept override {
        connection.send(chargen_turn());
        return onwards(connection);
    }

    /// "A random number (between 0 and 512) of characters."
    void on_datagram(Datagram& datagram) noexcept override {
        datagram.reply(chargen_turn().substr(0, numbers_.next() % (datagram_max + 1)));
    }

  private:
    // A client that has said all may still be listening.
    static Next onwards(const Connection& connection) noexcept {
        return connection.input_ended() ? Next::write : Next::read;
    }

    RandomNumbers numbers_;
};

}  // namespace

std::string_view chargen_turn() noexcept {
    return {turn.data(), turn.size()};
}

std::unique_ptr<Handler> make_chargen(const ServiceContext&) {
    return std::make_unique<Chargen>();
}

}  // namespace minetd
