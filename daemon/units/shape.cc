// SPDX-License-Identifier: ISC
#include "daemon/units/shape.h"

namespace minetd {
namespace {

/// systemd takes no program whose path has quotes, backslashes or control characters.
bool is_unit_path(const std::string& path) {
    return path.find_first_of("\"'\\") == std::string::npos && unit_value(path).has_value();
}

}  // namespace

Shape shape_of(const ServiceSpec& spec, const ListenAddresses& addresses, std::string& why) {
    if (spec.tcpmux) return Shape::behind_tcpmux;
    if (!addresses.problem.empty()) {
        why = addresses.problem;
        return Shape::alone;
    }
    if (!spec.redirect.host.empty() && !spec.is_datagram() && !spec.intercept)
        return Shape::forwarded;
    if (spec.is_builtin()) return Shape::minetd;
    if (!is_unit_path(spec.server)) {
        why = "systemd starts no program with such a path";
        return Shape::minetd;
    }
    if (spec.is_resident()) return Shape::resident;
    return spec.serve == Serve::wait || spec.is_datagram() ? Shape::taken_over
                                                           : Shape::per_connection;
}

}  // namespace minetd
