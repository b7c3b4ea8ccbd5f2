// SPDX-License-Identifier: ISC
// RFC 863: whatever arrives is thrown away; nothing is ever sent.
#include "services/builtins.h"

namespace minetd {
namespace {

class Discard final : public Handler {
  public:
    Next on_input(Connection& connection) noexcept override {
        connection.consume(connection.input().size());
        return connection.input_ended() ? Next::close : Next::read;
    }
};

}  // namespace

std::unique_ptr<Handler> make_discard(const ServiceContext&) {
    return std::make_unique<Discard>();
}

}  // namespace minetd
