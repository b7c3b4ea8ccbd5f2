// SPDX-License-Identifier: ISC
// How builtins treat their clients.
#include "daemon/config/attribute_row.h"

namespace minetd {
namespace {

using namespace codec;
using namespace rows;
using enum Effect;

using UdpGuards = Choice<UdpGuard, "strict, local or off">;

constexpr Row<Spec> table[] = {
    row<Seconds, &Spec::idle_timeout>({"idle_timeout", "Timeout", 0, long_time, true, servers,
                                       "how long a builtin waits for a silent peer; 0: for ever"}),
    row<Optional<Seconds, "idle_timeout">, &Spec::timeouts, &Timeouts::first_byte>(
        {"first_byte_timeout", "", 0, long_time, true, servers,
         "how long a client of a builtin has for its first byte; 0: for ever"}),
    row<Optional<Seconds, "idle_timeout">, &Spec::timeouts, &Timeouts::request>(
        {"request_timeout", "", 0, long_time, true, servers,
         "how long it has for a request, from the first byte to the last; 0: for ever"}),
    row<Optional<Seconds, "idle_timeout">, &Spec::timeouts, &Timeouts::write>(
        {"write_timeout", "", 0, long_time, true, servers,
         "how long it may take nothing of what it is sent; 0: for ever"}),
    row<Optional<Seconds, "idle_timeout">, &Spec::timeouts, &Timeouts::keep_alive>(
        {"keep_alive_timeout", "KeepAliveTimeout", 0, long_time, true, servers,
         "how long it may be silent between two requests; 0: for ever"}),
    row<Seconds, &Spec::timeouts, &Timeouts::linger>(
        {"linger_timeout", "", 0, long_time, true, servers,
         "how long a builtin waits for the client's end after its own"}),
    row<UdpGuards, &Spec::udp_guard>(
        {"udp_guard", "", 0, 0, true, servers,
         "which peers a builtin on UDP answers: strict is against loops and reflection, local "
         "allows this host, off is for tests"}),
};

}  // namespace

std::span<const Row<ServiceSpec>> rows::builtin_rows() noexcept {
    return table;
}

}  // namespace minetd
