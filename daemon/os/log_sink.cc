// SPDX-License-Identifier: ISC
#include "daemon/os/log_sink.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#define SYSLOG_NAMES
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "daemon/os/system_error.h"
#include "daemon/os/unique_fd.h"

namespace minetd {
namespace {

/// Of the daemon in syslog and the journal. Called by the name of xinetd it has that: what bans by
/// its records, or sorts them, goes by the name.
std::string_view ident() noexcept {
    const std::string_view name = program_invocation_short_name;
    return name == "xinetd" ? name : "minetd";
}

/// Counts what was lost and puts the count in front of the next line.
class Losses {
  public:
    std::string prefix() const {
        return count_ == 0 ? "" : fmt::format("({} lines lost before this one) ", count_);
    }
    /// The line with the prefix got through, or is one more that did not.
    void note(bool sent) noexcept { count_ = sent ? 0 : count_ + 1; }

  private:
    unsigned long count_ = 0;
};

/// As it is written. A pipe that polls writable takes PIPE_BUF bytes without blocking: what is
/// longer is cut, and ends all the same.
std::string ended(std::string line) {
    constexpr std::size_t most = 4096;
    if (line.size() >= most) line.resize(most - 1);
    line += '\n';
    return line;
}

/// A descriptor that somebody else may read from slowly: written only when it takes the line now.
bool write_now(int fd, const std::string& line) noexcept {
    pollfd item{.fd = fd, .events = POLLOUT, .revents = 0};
    if (::poll(&item, 1, 0) <= 0 || (item.revents & POLLOUT) == 0) return false;
    return ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

class StderrSink : public LogSink {
  public:
    void write(Level, const std::string& line, std::span<const JournalField>) noexcept override {
        losses_.note(write_now(STDERR_FILENO, ended(losses_.prefix() + line)));
    }

  private:
    Losses losses_;
};

class FileSink : public LogSink {
  public:
    FileSink(const std::string& path, std::function<void(const std::string&)> alert)
        : path_(path), alert_(std::move(alert)), fd_(open()) {
        if (!fd_) throw_errno("log file " + path);
    }
    void write(Level, const std::string& line, std::span<const JournalField>) noexcept override {
        if (full_) return;
        const std::string text = ended(losses_.prefix() + line);
        // Asked each time: others may append to the file, or cut it off.
        const std::uint64_t size = limits_.soft + limits_.hard > 0 ? size_now() + text.size() : 0;
        if (limits_.hard > 0 && size > limits_.hard) {
            full_ = true;
            return alert(limits_.hard, "hard",
                         "nothing more is written to it until it is reopened");
        }
        losses_.note(write_now(fd_.get(), text));
        if (limits_.soft > 0 && size > limits_.soft && !std::exchange(told_, true))
            alert(limits_.soft, "soft",
                  limits_.hard > 0 ? fmt::format("it may have {}", limits_.hard) : "it grows on");
    }
    void reopen() noexcept override {
        // The old file serves on when the new one cannot be opened.
        if (UniqueFd fresh = open()) fd_ = std::move(fresh);
        full_ = told_ = false;
    }
    void limit(SizeLimits limits) noexcept override { limits_ = limits; }

  private:
    UniqueFd open() const noexcept {
        return UniqueFd(::open(path_.c_str(),
                               O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
                               0640));
    }
    std::uint64_t size_now() const noexcept {
        struct stat status {};
        return ::fstat(fd_.get(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
    }
    void alert(std::uint64_t limit, const char* which, const std::string& and_now) noexcept {
        if (alert_)
            alert_(
                fmt::format("{} is at its {} limit of {} bytes: {}", path_, which, limit, and_now));
    }

    std::string path_;
    std::function<void(const std::string&)> alert_;
    UniqueFd fd_;
    Losses losses_;
    SizeLimits limits_;
    bool told_ = false;  ///< that it has passed the soft limit
    bool full_ = false;
};

/// RFC 3164 datagrams to /dev/log. syslog(3) would block the daemon when the logger hangs.
class SyslogSink : public LogSink {
  public:
    SyslogSink(int facility, int level) : facility_(facility), level_(level) { connect(); }
    void write(Level level, const std::string& line,
               std::span<const JournalField>) noexcept override {
        // Records carry the configured level; what is worse keeps its own.
        const int priority = static_cast<int>(level) < static_cast<int>(Level::notice)
                                 ? static_cast<int>(level)
                                 : level_;
        char stamp[32];
        const time_t now = ::time(nullptr);
        tm local{};
        ::localtime_r(&now, &local);
        std::strftime(stamp, sizeof stamp, "%b %e %H:%M:%S", &local);
        const std::string text = fmt::format("<{}>{} {}[{}]: {}{}", facility_ | priority, stamp,
                                             ident(), ::getpid(), losses_.prefix(), line);
        losses_.note(send(text));
    }
    void reopen() noexcept override { connect(); }

  private:
    void connect() noexcept {
        fd_ = UniqueFd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strcpy(address.sun_path, "/dev/log");
        connected_ =
            ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    }
    bool send(const std::string& text) noexcept {
        for (int attempt = 0; attempt < 2; ++attempt) {
            if (connected_ && ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL) >= 0)
                return true;
            if (connected_ && errno == EAGAIN) return false;
            connect();  // the logger was restarted
        }
        return false;
    }
    int facility_, level_;
    UniqueFd fd_;
    bool connected_ = false;
    Losses losses_;
};

class JournalSink : public LogSink {
  public:
    explicit JournalSink(const std::string& socket) : journal_(socket) {}
    void write(Level level, const std::string& line,
               std::span<const JournalField> more) noexcept override {
        std::vector<JournalField> fields{{"PRIORITY", std::to_string(static_cast<int>(level))},
                                         {"SYSLOG_FACILITY", std::to_string(LOG_DAEMON >> 3)},
                                         {"MESSAGE", losses_.prefix() + line}};
        const auto named = [](const JournalField& field) {
            return field.first == std::string_view("SYSLOG_IDENTIFIER");
        };
        if (std::none_of(more.begin(), more.end(), named))
            fields.emplace_back("SYSLOG_IDENTIFIER", ident());
        fields.insert(fields.end(), more.begin(), more.end());
        losses_.note(journal_.send(fields));
    }

  private:
    Journal journal_;
    Losses losses_;
};

class NullSink : public LogSink {
    void write(Level, const std::string&, std::span<const JournalField>) noexcept override {}
};

int code_of(const CODE* table, const std::string& name, const char* what) {
    for (const CODE* row = table; row->c_name != nullptr; ++row)
        if (name == row->c_name) return row->c_val;
    throw std::runtime_error(fmt::format("unknown syslog {} `{}'", what, name));
}

}  // namespace

std::shared_ptr<LogSink> stderr_sink() {
    return std::make_shared<StderrSink>();
}
int log_file_error(const std::string& path) noexcept {
    const UniqueFd there(
        ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (there || errno != ENOENT) return there ? 0 : errno;
    const std::size_t slash = path.rfind('/');
    const std::string directory = slash == path.npos ? "." : path.substr(0, slash + 1);
    return ::faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) < 0 ? errno : 0;
}

std::shared_ptr<LogSink> file_sink(const std::string& path,
                                   std::function<void(const std::string&)> alert) {
    return std::make_shared<FileSink>(path, std::move(alert));
}
std::shared_ptr<LogSink> syslog_sink(const std::string& facility, const std::string& level) {
    return std::make_shared<SyslogSink>(code_of(facilitynames, facility, "facility"),
                                        code_of(prioritynames, level, "level"));
}
std::shared_ptr<LogSink> journal_sink(const std::string& socket) {
    return std::make_shared<JournalSink>(socket);
}
std::shared_ptr<LogSink> null_sink() {
    return std::make_shared<NullSink>();
}

}  // namespace minetd
