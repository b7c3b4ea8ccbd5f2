// SPDX-License-Identifier: ISC
// Who is served, when and how often: limits, rates, lists, banners.
#include "daemon/config/admission_codecs.h"
#include "daemon/config/attribute_row.h"

namespace minetd {
namespace {

using namespace codec;
using namespace rows;
using enum Effect;

using Overflows = Choice<Overflow, "queue or refuse">;

constexpr Row<Spec> table[] = {
    row<Unlimited, &Spec::limits, &Limits::instances>(
        {"instances", "accept_max", 0, many, true, servers, "sessions at once; 0 is never"}),
    row<Unlimited, &Spec::limits, &Limits::per_source>(
        {"per_source", "", 0, many, true, servers,
         "sessions at once from one source (an IPv4 address, an IPv6 /64)"}),
    row<Unlimited, &Spec::limits, &Limits::service_max>(
        {"service_max", "", 0, many, true, servers,
         "starts in any 60 seconds; exactly so many, and 0 is never"}),
    row<Unlimited, &Spec::limits, &Limits::ip_max>(
        {"ip_max", "", 0, many, true, servers, "starts in any 60 seconds from one source"}),
    row<Cps, &Spec::limits, &Limits::cps>(
        {"cps", "", 0, many, true, servers,
         "connections in any second, and the pause in seconds when there are more"}),
    row<Optional<Overflows, "default">, &Spec::limits, &Limits::overflow>(
        {"overflow", "", 0, 0, true, servers,
         "what happens to more than can be served: they wait in the kernel's queue, or are "
         "refused; by default more than `instances` are refused, and more than a pool serves "
         "wait"}),
    row<RateOfSource, &Spec::limits, &Limits::rate>(
        {"rate", "", 1, many, true, servers,
         "connections of one source on average, and how many of them at once"}),
    row<Prefixes, &Spec::limits, &Limits::source_prefix>(
        {"source_prefix", "", 0, 128, true, servers,
         "how much of an address is one source for per_source, ip_max and rate"}),
    row<Optional<Decimal, "unlimited">, &Spec::limits, &Limits::max_load>(
        {"max_load", "", 0, many, true, servers,
         "refuses while the host's load of the last minute is at least so high"}),
    row<TimeRanges, &Spec::limits, &Limits::access_times>(
        {"access_times", "", 0, 1440, true, servers,
         "times of the day, local, at which the service is there; both ends are, and a range may "
         "go over midnight; empty: always"}),
    row<OnlyFrom, &Spec::access, &AccessLists::only_from>(
        {"only_from", "", 0, longest, true, servers,
         "whoever is not on this list is refused; an empty list is nobody"}),
    row<AccessWords, &Spec::access, &AccessLists::no_access>(
        {"no_access", "", 0, longest, true, servers,
         "whoever is on this list is refused, on only_from or not"}),
    row<Text, &Spec::libwrap>(
        {"libwrap", "", 0, longest, true, servers,
         "the name under which hosts.allow(5) and hosts.deny(5) are asked; empty: they are not"}),
    row<Seconds, &Spec::ident_timeout>({"ident_timeout", "", 1, long_time, true, servers,
                                        "how long the peer's ident daemon (RFC 1413) has for its "
                                        "answer, where USERID is recorded"}),
    row<YesNo, &Spec::ident_only>({"ident_only", "", 0, 0, true, servers,
                                   "refuses whoever the peer's ident daemon does not identify"}),
    row<DenyTime, &Spec::deny_time>({"deny_time", "", 0, many, true, servers,
                                     "how long every service refuses whoever touched this sensor"}),
    row<Path, &Spec::banner>({"banner", "", 0, longest, true, servers,
                              "a file that every client is sent first; empty: none"}),
    row<Path, &Spec::banner_success>(
        {"banner_success", "", 0, longest, true, servers,
         "a file that whoever is admitted is sent before anything else; empty: none"}),
    row<Path, &Spec::banner_fail>({"banner_fail", "", 0, longest, true, servers,
                                   "a file that whoever is refused is sent; empty: none"}),
};

}  // namespace

std::span<const Row<ServiceSpec>> rows::admission_rows() noexcept {
    return table;
}

}  // namespace minetd
