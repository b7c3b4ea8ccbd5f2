// SPDX-License-Identifier: ISC
// Forwards every connection to another host and port. There is nothing to be computed: the driver
// moves the bytes.
#include "services/builtins.h"
#include "services/destination.h"
#include "services/service_context.h"

namespace minetd {
namespace {

class RedirectHandler final : public Handler {
  public:
    explicit RedirectHandler(const Redirect& redirect) : destination_(redirect) {}

    Next on_input(Connection&) noexcept override { return Next::close; }
    Destination* destination() noexcept override { return &destination_; }

  private:
    Destination destination_;
};

}  // namespace

std::unique_ptr<Handler> make_redirect(const ServiceContext& context) {
    return std::make_unique<RedirectHandler>(context.redirect);
}

}  // namespace minetd
