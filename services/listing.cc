// SPDX-License-Identifier: ISC
// xinetd's listings of old: what there is, and who is being served, as plain text to whoever
// connects.
#include "services/builtins.h"
#include "services/service_context.h"
#include "services/status/texts.h"

namespace minetd {
namespace {

class Listing final : public Handler {
  public:
    using Text = std::string (*)(const status::Snapshot&);
    Listing(const status::Source* source, Text text) noexcept : source_(source), text_(text) {}

    Next on_open(Connection& connection) noexcept override {
        connection.send(text_(source_ ? source_->snapshot() : status::Snapshot()));
        return Next::close;
    }
    Next on_input(Connection&) noexcept override { return Next::close; }

  private:
    const status::Source* source_;
    Text text_;
};

}  // namespace

std::unique_ptr<Handler> make_services(const ServiceContext& context) {
    return std::make_unique<Listing>(context.status, status::services_text);
}

std::unique_ptr<Handler> make_servers(const ServiceContext& context) {
    return std::make_unique<Listing>(context.status, status::servers_text);
}

}  // namespace minetd
