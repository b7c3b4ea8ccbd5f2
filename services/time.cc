// SPDX-License-Identifier: ISC
// RFC 868: the time in four bytes, and the connection is closed.
#include "services/builtins.h"

namespace minetd {
namespace {

// Seventy years of seconds, seventeen leap days among them.
constexpr std::int64_t from_1900_to_1970 = 2'208'988'800;

class Time final : public Handler {
  public:
    Next on_open(Connection& connection) noexcept override {
        const auto word = time_word(std::time(nullptr));
        connection.send({word.data(), word.size()});
        return Next::close;
    }

    Next on_input(Connection&) noexcept override { return Next::close; }

    void on_datagram(Datagram& datagram) noexcept override {
        const auto word = time_word(std::time(nullptr));
        datagram.reply({word.data(), word.size()});
    }
};

}  // namespace

std::array<char, 4> time_word(std::int64_t now) noexcept {
    // Unsigned, so that a clock far from 1970 truncates instead of overflowing.
    const std::uint64_t seconds = static_cast<std::uint64_t>(now) + from_1900_to_1970;
    return {static_cast<char>(seconds >> 24), static_cast<char>(seconds >> 16),
            static_cast<char>(seconds >> 8), static_cast<char>(seconds)};
}

std::unique_ptr<Handler> make_time(const ServiceContext&) {
    return std::make_unique<Time>();
}

}  // namespace minetd
