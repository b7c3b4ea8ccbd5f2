// SPDX-License-Identifier: ISC
// xinetd's SENSOR: nobody has any business here. Whoever comes is told of, and answered nothing.
#include "services/builtins.h"
#include "services/service_context.h"

namespace minetd {
namespace {

class Sensor final : public Handler {
  public:
    explicit Sensor(const ServiceContext& context) noexcept : context_(context) {}

    Next on_open(Connection& connection) noexcept override {
        tell(connection.peer());
        return Next::close;
    }
    Next on_input(Connection&) noexcept override { return Next::close; }
    void on_datagram(Datagram& datagram) noexcept override { tell(datagram.peer()); }

  private:
    void tell(const SocketAddress& peer) const noexcept {
        if (context_.alarm) context_.alarm(peer);
    }

    const ServiceContext& context_;
};

}  // namespace

std::unique_ptr<Handler> make_sensor(const ServiceContext& context) {
    return std::make_unique<Sensor>(context);
}

}  // namespace minetd
