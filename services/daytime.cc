// SPDX-License-Identifier: ISC
// RFC 867: one line with the local time, in the form of ctime(3), and the connection is closed.
#include <cstring>

#include "services/builtins.h"

namespace minetd {
namespace {

using Line = std::optional<std::array<char, 26>>;

// Formatting costs ten times what the rest of an answer does, and a line is good for a second.
const Line& current_line() noexcept {
    thread_local std::time_t second = -1;
    thread_local Line line;
    if (const std::time_t now = std::time(nullptr); now != second) {
        line = daytime_line(now);
        second = now;
    }
    return line;
}

class Daytime final : public Handler {
  public:
    Next on_open(Connection& connection) noexcept override {
        if (const Line& line = current_line()) connection.send({line->data(), line->size()});
        return Next::close;
    }

    Next on_input(Connection&) noexcept override { return Next::close; }

    void on_datagram(Datagram& datagram) noexcept override {
        if (const Line& line = current_line()) datagram.reply({line->data(), line->size()});
    }
};

}  // namespace

std::optional<std::array<char, 26>> daytime_line(std::time_t now) noexcept {
    std::tm local;
    std::array<char, 26> line;
    // asctime_r, not strftime: the form is the same in every locale.
    if (localtime_r(&now, &local) == nullptr || local.tm_year < 1000 - 1900 ||
        local.tm_year > 9999 - 1900 || asctime_r(&local, line.data()) == nullptr)
        return std::nullopt;
    std::memcpy(line.data() + 24, "\r\n", 2);  // in place of the line feed and the terminator
    return line;
}

std::unique_ptr<Handler> make_daytime(const ServiceContext&) {
    return std::make_unique<Daytime>();
}

}  // namespace minetd
