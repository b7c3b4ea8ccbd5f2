// SPDX-License-Identifier: ISC
// Session records.
#include "daemon/config/attribute_row.h"

namespace minetd {
namespace {

using namespace codec;
using namespace rows;
using enum Effect;

using LogFormats = Choice<LogFormat, "text or json">;

constexpr Row<Spec> table[] = {
    row<Target, &Spec::log_type>(
        {"log_type", "", 0, longest, true, servers,
         "where the session records go; inherit: where the daemon's own messages go"}),
    row<LogFormats, &Spec::log_format>(
        {"log_format", "", 0, 0, true, servers, "how a record is written"}),
    row<LogFields, &Spec::log_on_success>(
        {"log_on_success", "", 0, 0, true, servers, "what is told of sessions"}),
    row<LogFields, &Spec::log_on_failure>(
        {"log_on_failure", "", 0, 0, true, servers, "what is told of refusals"}),
};

}  // namespace

std::span<const Row<ServiceSpec>> rows::record_rows() noexcept {
    return table;
}

}  // namespace minetd
