// SPDX-License-Identifier: ISC
#include "daemon/os/rpcbind.h"

#include <netconfig.h>
#include <rpc/rpc.h>
#include <rpc/rpcb_clnt.h>

#include <memory>

namespace minetd::rpcbind {
namespace {

struct FreeNetconfig {
    void operator()(netconfig* entry) const noexcept { ::freenetconfigent(entry); }
};
using Network = std::unique_ptr<netconfig, FreeNetconfig>;

/// netconfig(5)
Network network_of(const Program& program) {
    return Network(::getnetconfigent(program.network.c_str()));
}

}  // namespace

bool available() noexcept {
    return true;
}

bool set(const Program& program, const SocketAddress& address, std::string& reason) {
    const Network network = network_of(program);
    if (!network) {
        reason = "/etc/netconfig has no " + program.network;
        return false;
    }
    SocketAddress copy = address;
    netbuf where{};
    where.buf = copy.raw();
    where.len = where.maxlen = copy.length;
    // Left by whoever it is, the call below would name an older failure.
    rpc_createerr = {};
    if (::rpcb_set(program.number, program.version, network.get(), &where)) return true;
    reason = rpc_createerr.cf_stat != RPC_SUCCESS
                 ? std::string(::clnt_sperrno(rpc_createerr.cf_stat))
                 : "rpcbind refuses: somebody else has registered it";
    return false;
}

void unset(const Program& program) {
    if (const Network network = network_of(program))
        ::rpcb_unset(program.number, program.version, network.get());
}

}  // namespace minetd::rpcbind
