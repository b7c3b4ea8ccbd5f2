// SPDX-License-Identifier: ISC
#include "tests/peers/xinetd/ident_server.h"

#include <sys/socket.h>

#include <cerrno>
#include <system_error>

#include "tests/integration/client.h"

namespace minetd {
namespace {

void answer(int connection) {
    std::string query;
    char byte;
    while (query.size() < 64 && recv(connection, &byte, 1, 0) == 1 && byte != '\n')
        if (byte != '\r') query += byte;
    const std::string reply = query + " : USERID : UNIX : alice\r\n";
    (void)!send(connection, reply.data(), reply.size(), MSG_NOSIGNAL);
}

}  // namespace

IdentServer::IdentServer(const std::string& address)
    : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const SocketAddress where = address_of(address, 113);
    if (bind(listener_.get(), where.raw(), where.length) != 0 || listen(listener_.get(), 16) != 0)
        throw std::system_error(errno, std::generic_category(), "the ident server");
    thread_ = std::thread([this] {
        for (;;) {
            const UniqueFd connection(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
            if (!connection) return;
            answer(connection.get());
        }
    });
}

IdentServer::~IdentServer() {
    shutdown(listener_.get(), SHUT_RD);  // ends the accept
    thread_.join();
}

}  // namespace minetd
