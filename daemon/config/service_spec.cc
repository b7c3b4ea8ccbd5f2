// SPDX-License-Identifier: ISC
#include "daemon/config/service_spec.h"

#include <utility>

#include "daemon/config/admission_codecs.h"
#include "daemon/config/mdns_spec.h"
#include "daemon/config/names.h"

namespace minetd {

std::string ServiceSpec::key() const {
    if (tcpmux) return "tcpmux/" + name + "/" + protocol_text(protocol, family);
    std::string key;
    if (family == Family::unix_domain) {
        key = path.empty() ? name : path;
    } else {
        for (const std::string& host : bind) key += (key.empty() ? "" : ",") + bracketed(host);
        key += (key.empty() ? "" : ":") + name + "/";
        if (rpc.low != 0) key += codec::Versions::format(rpc) + "/";
        key += protocol_text(protocol, family);
    }
    if (socket_type != usual_type(protocol))
        key += "," + std::string(socket_type_text(socket_type));
    return key;
}

void ServiceSpec::rename(std::string other) {
    if (mdns.announced && is_discovery_type(discovery_type(*this)))
        mdns.type = discovery_type(*this);
    name = std::move(other);
}

}  // namespace minetd
