// SPDX-License-Identifier: ISC
// Sockets that were open before we were: of a service manager's socket units, our own from its
// store, or those of the image that this process had before an upgrade in place. The protocol is
// that of sd_listen_fds(3); who gets which is decided by name, then by address.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/config/service_spec.h"
#include "daemon/os/socket_address.h"
#include "daemon/os/unique_fd.h"
#include "mpm/handed_over.h"

namespace minetd {

/// What the environment says; a member that is absent is null.
struct ListenVariables {
    const char* pid = nullptr;
    const char* fds = nullptr;
    const char* names = nullptr;
    const char* pidfd_id = nullptr;  ///< LISTEN_PIDFDID
};

/// The names of the descriptors from 3 on; `unknown` where none are told. Empty when they are meant
/// for another process. `pidfd_id` is this process's, where the kernel has such numbers. Throws
/// std::invalid_argument, saying what is wrong.
std::vector<std::string> listen_names(const ListenVariables& variables, pid_t self,
                                      std::optional<std::uint64_t> pidfd_id);

/// The name under which a service manager keeps the socket of this number of a service, and the one
/// that all of a service's sockets begin with.
std::string stored_name(const std::string& key, std::size_t number);
std::string stored_prefix(const std::string& key);
/// The name of the saved state there; no socket has it.
constexpr const char* saved_state_name = "minetd-state";

/// What one image of the daemon leaves to the next; the descriptor is borrowed.
struct HandedSocket {
    HandedFd fd;
    std::string key;     ///< of the service that has it; empty: none
    std::string name;    ///< its owner's, or the one it is kept by; empty: nobody keeps it
    std::string host;    ///< of spec.bind
    bool ours = false;   ///< we bound it
    bool named = false;  ///< its owner named the service
    ino_t inode = 0;     ///< of a unix socket's path that is ours to remove; 0: none
    dev_t device = 0;
};

struct InheritedSocket {
    UniqueFd fd;
    std::string name;
    SocketAddress address;
    int type = 0, protocol = 0;
    bool accepts = false;  ///< SO_ACCEPTCONN
    bool v6only = false;
    bool ours = false;    ///< we bound it, in a former life; else it is its owner's
    std::string key;      ///< the service that its owner named, or that had it
    bool handed = false;  ///< of a former image, in every respect as it should be; the rest is its
    bool named = true;
    std::string host;
    ino_t inode = 0;
    dev_t device = 0;
};

/// Looks at a descriptor. `fd` is taken in any case; empty when it is no socket.
std::optional<InheritedSocket> inspect_socket(UniqueFd fd, std::string name);

class Inheritance {
  public:
    Inheritance() = default;
    explicit Inheritance(std::vector<InheritedSocket> sockets) : sockets_(std::move(sockets)) {}

    /// Takes what the environment offers, and the variables out of it. Descriptors become
    /// close-on-exec. What is wrong goes to `problems`; nothing is taken then.
    static Inheritance take(std::vector<std::string>& problems);

    /// What a former life of the daemon left (saved_state.h), if anything; once.
    UniqueFd take_saved_state() noexcept { return std::move(saved_state_); }

    /// Those of a former image, before any service is made.
    void take_over(std::vector<HandedSocket>& handed);
    /// An image before made the key of a service otherwise than this one does.
    void rename_handed(const std::string& before, const std::string& key);
    /// Where no service took what was handed over for it, whoever is bound there may have it.
    void release_handed() noexcept;
    /// What nobody has taken, for the next image.
    std::vector<HandedSocket> hand_over() const;

    /// Whom each socket is named for: a service's key, id or name, in this order.
    void assign(std::span<const std::shared_ptr<const ServiceSpec>> services);
    /// Those that their owner named for this service, or that it had already.
    std::vector<InheritedSocket> named_for(const ServiceSpec& spec);
    /// Those bound to this address that are not named for another service. Port 0 is what the
    /// kernel chose for this service the last time.
    std::vector<InheritedSocket> bound_to(const SocketAddress& address, const ServiceSpec& spec);
    /// A service is no more; its socket waits for another.
    void give_back(InheritedSocket socket) { sockets_.push_back(std::move(socket)); }

    /// What nobody has taken.
    const std::vector<InheritedSocket>& left() const noexcept { return sockets_; }
    /// Of our own ones, those that nobody has taken: no service has use for them any longer.
    std::vector<InheritedSocket> forget_ours();
    /// Somebody else's sockets were among them.
    bool from_outside() const noexcept { return from_outside_; }

  private:
    template <typename Wanted>
    std::vector<InheritedSocket> extract(const Wanted& wanted);

    std::vector<InheritedSocket> sockets_;
    UniqueFd saved_state_;
    bool from_outside_ = false;
};

}  // namespace minetd
