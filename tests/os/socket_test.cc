// SPDX-License-Identifier: ISC
#include "daemon/os/socket.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <system_error>

using namespace minetd;

namespace {

/// A directory of the test's own.
class Directory {
  public:
    Directory() { REQUIRE(::mkdtemp(path_) != nullptr); }
    ~Directory() { ::rmdir(path_); }
    std::string file(const char* name) const { return std::string(path_) + '/' + name; }

  private:
    char path_[32] = "/tmp/minetd-socket-XXXXXX";
};

int error_of(const SocketAddress& address, const SocketOptions& options) {
    try {
        open_listener(address, options);
        return 0;
    } catch (const std::system_error& error) {
        return error.code().value();
    }
}

}  // namespace

TEST_SUITE("os") {
    TEST_CASE("addresses are resolved by family, and what cannot be is said") {
        CHECK(resolve("127.0.0.1", 80, AF_UNSPEC).front().str() == "127.0.0.1:80");
        CHECK(resolve("::1", 80, AF_UNSPEC).front().str() == "[::1]:80");
        CHECK(resolve("*", 80, AF_INET).front().str() == "0.0.0.0:80");
        CHECK(resolve("", 80, AF_INET6).front().str() == "[::]:80");
        CHECK_THROWS_AS(resolve("::1", 80, AF_INET), std::runtime_error);
    }

    TEST_CASE("a listener is close-on-exec, non-blocking and takes connections") {
        SocketOptions options;
        options.type = SOCK_STREAM;
        options.keepalive = options.nodelay = true;
        const UniqueFd listener = open_listener(resolve("127.0.0.1", 0, AF_INET).front(), options);
        CHECK((::fcntl(listener.get(), F_GETFD) & FD_CLOEXEC) != 0);
        CHECK((::fcntl(listener.get(), F_GETFL) & O_NONBLOCK) != 0);
        const SocketAddress address = local_address(listener.get());
        CHECK(address.port() != 0);
        CHECK_FALSE(is_readable(listener.get()));
        const UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        REQUIRE(::connect(client.get(), address.raw(), address.length) == 0);
        CHECK(is_readable(listener.get()));
        int before = 0, after = 0;
        socklen_t size = sizeof before;
        ::getsockopt(listener.get(), SOL_SOCKET, SO_RCVBUF, &before, &size);
        options.rcvbuf = 8192;
        adjust_listener(listener.get(), options);
        ::getsockopt(listener.get(), SOL_SOCKET, SO_RCVBUF, &after, &size);
        CHECK(after == 2 * 8192);  // the kernel doubles it, socket(7)
        CHECK(after != before);
        CHECK(is_readable(listener.get()));  // and nobody in the queue was lost
        // What is taken stays taken, by whomever.
        CHECK(error_of(address, options) == EADDRINUSE);
    }

    TEST_CASE("without handshakes nobody new gets into a queue, and who is there stays") {
        SocketOptions options;
        options.type = SOCK_STREAM;
        for (const char* host : {"127.0.0.1", "::1"}) {
            CAPTURE(host);
            const UniqueFd listener = open_listener(resolve(host, 0, AF_UNSPEC).front(), options);
            const SocketAddress address = local_address(listener.get());
            const auto connect_at_once = [&](const UniqueFd& client) {
                return ::connect(client.get(), address.raw(), address.length);
            };
            const UniqueFd early(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
            REQUIRE(connect_at_once(early) == 0);
            REQUIRE(stop_handshakes(listener.get()));
            const UniqueFd late(
                ::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
            CHECK(connect_at_once(late) < 0);
            CHECK(errno == EINPROGRESS);
            const UniqueFd accepted(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
            REQUIRE(accepted);
            CHECK_FALSE(is_readable(listener.get()));
            // The connection is as any other.
            CHECK(::send(early.get(), "bytes", 5, MSG_NOSIGNAL) == 5);
            char bytes[8];
            CHECK(::recv(accepted.get(), bytes, sizeof bytes, 0) == 5);
        }
        const UniqueFd other =
            open_listener(unix_address("@minetd-test-" + std::to_string(::getpid())), options);
        CHECK_FALSE(stop_handshakes(other.get()));
    }

    TEST_CASE("a unix socket has the mode that was asked for, and only a dead one is replaced") {
        const Directory directory;
        const std::string path = directory.file("socket");
        SocketOptions options;
        options.type = SOCK_STREAM;
        options.mode = 0640;
        const SocketAddress address = unix_address(path);
        UniqueFd first = open_listener(address, options);
        struct stat status {};
        REQUIRE(::lstat(path.c_str(), &status) == 0);
        CHECK((status.st_mode & 07777) == 0640);
        CHECK(local_address(first.get()).host() == path);

        CHECK(error_of(address, options) == EADDRINUSE);
        first.reset();
        CHECK(error_of(address, options) == 0);
        ::unlink(path.c_str());

        const UniqueFd file(::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
        CHECK(error_of(address, options) == EADDRINUSE);
        struct stat after {};
        CHECK(::lstat(path.c_str(), &after) == 0);  // a file that is no socket is left alone
        ::unlink(path.c_str());
    }

    TEST_CASE("what has taken the place of a unix socket is left as it is") {
        const Directory directory;
        const std::string path = directory.file("socket"), other = directory.file("other");
        const struct {
            const char* what;
            int (*swap)(const char*, const char*);
            bool is_socket;  ///< `other`
        } rows[] = {
            {"a link to a file", ::symlink, false},
            {"a link to a socket", ::symlink, true},
            {"a file", ::rename, false},
            {"another name of a socket", ::link, true},
            {"nothing", nullptr, false},
        };
        SocketOptions options;
        options.type = SOCK_STREAM;
        options.mode = 0666;
        if (::geteuid() == 0) options.owner = 12345;
        for (const auto& row : rows) {
            CAPTURE(row.what);
            UniqueFd held(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
            if (row.is_socket) {
                const SocketAddress address = unix_address(other);
                REQUIRE(::bind(held.get(), address.raw(), address.length) == 0);
            } else {
                held.reset(::open(other.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
            }
            REQUIRE(::chmod(other.c_str(), 0600) == 0);
            if (row.swap != nullptr) REQUIRE(row.swap(other.c_str(), path.c_str()) == 0);
            CHECK_THROWS_AS(open_up(path, options), std::system_error);
            struct stat status {};
            const bool moved = ::lstat(other.c_str(), &status) < 0;
            REQUIRE(::stat(moved ? path.c_str() : other.c_str(), &status) == 0);
            CHECK((status.st_mode & 07777) == 0600);
            CHECK(status.st_uid == ::geteuid());
            ::unlink(path.c_str());
            ::unlink(other.c_str());
        }
    }

    TEST_CASE("paths and abstract names fit or are refused") {
        CHECK(unix_address("@name").host() == "@name");
        CHECK(unix_address("/" + std::string(106, 'x')).length == sizeof(sockaddr_un));
        CHECK_THROWS_AS(unix_address("/" + std::string(107, 'x')), std::runtime_error);
    }
}
