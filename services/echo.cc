// SPDX-License-Identifier: ISC
// RFC 862: whatever arrives goes back, in order, until the client has said all.
#include "services/builtins.h"

namespace minetd {
namespace {

// From here on the client must read before it is read again. With the driver's read-ahead this
// bounds what a client that never reads can make us hold.
constexpr std::size_t owed_high = 64 * 1024;

class Echo final : public Handler {
  public:
    Next on_input(Connection& connection) noexcept override {
        connection.send(connection.input());
        connection.consume(connection.input().size());
        if (connection.input_ended()) return Next::close;
        return connection.owed() < owed_high ? Next::read : Next::write;
    }

    void on_datagram(Datagram& datagram) noexcept override { datagram.reply(datagram.payload()); }
};

}  // namespace

std::unique_ptr<Handler> make_echo(const ServiceContext&) {
    return std::make_unique<Echo>();
}

}  // namespace minetd
