// SPDX-License-Identifier: ISC
// Where connections are forwarded to.
#include "daemon/config/admission_codecs.h"
#include "daemon/config/attribute_row.h"

namespace minetd {
namespace {

using namespace codec;
using namespace rows;
using enum Effect;

constexpr Row<Spec> table[] = {
    row<Destination, &Spec::redirect>(
        {"redirect", "", 0, longest, false, servers,
         "where connections are forwarded to, in place of a program; empty: nowhere"}),
    row<Text, &Spec::redirect, &Redirect::source>(
        {"redirect_source", "", 0, longest, true, servers,
         "the local address that forwarded connections come from; empty: the kernel's choice"}),
    row<Seconds, &Spec::redirect, &Redirect::connect_timeout>(
        {"redirect_timeout", "", 0, long_time, true, servers,
         "how long the destination has to take a connection; 0: as long as the kernel tries"}),
    row<Choice<ProxyProtocol, "no, v1 or v2">, &Spec::redirect, &Redirect::proxy_protocol>(
        {"proxy_protocol", "", 0, 0, true, servers,
         "tells the destination of redirect first who the client is (HAProxy's PROXY protocol)"}),
    row<YesNo, &Spec::intercept>(
        {"intercept", "", 0, 0, true, servers,
         "asks about each peer of a `wait` program, and forwards to it who is admitted"}),
};

}  // namespace

std::span<const Row<ServiceSpec>> rows::forwarding_rows() noexcept {
    return table;
}

}  // namespace minetd
