// SPDX-License-Identifier: ISC
// A calculator in lines of text, as a loadable service in the blocking form: one call serves one
// client, and what belongs to the client lives on the stack.
//
//     x = 3 * (2 + 4)     18
//     x / 4               4.5
//
//     7001 stream tcp prefork nobody internal calc
#include <minetd_service.h>

#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

constexpr std::size_t longest_line = 1000, most_variables = 1000;
constexpr int deepest = 100;

using Variables = std::map<std::string, double, std::less<>>;

/// sum := product (('+'|'-') product)*, and so on down to numbers, names and parentheses.
class Expression {
  public:
    Expression(std::string_view text, const Variables& variables)
        : rest_(text), variables_(variables) {}

    double value() {
        const double result = sum();
        if (peek() != '\0') throw std::runtime_error("there is something behind the expression");
        return result;
    }

  private:
    char peek() {
        while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_[0])) != 0)
            rest_.remove_prefix(1);
        return rest_.empty() ? '\0' : rest_[0];
    }

    bool take(char c) {
        if (peek() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }

    double sum() {
        double result = product();
        for (;;) {
            if (take('+'))
                result += product();
            else if (take('-'))
                result -= product();
            else
                return result;
        }
    }

    double product() {
        double result = factor();
        for (;;) {
            if (take('*'))
                result *= factor();
            else if (take('/'))
                result /= factor();
            else
                return result;
        }
    }

    double factor() {
        if (++depth_ > deepest) throw std::runtime_error("this is too deep");
        double result = 0;
        if (take('-')) {
            result = -factor();
        } else if (take('(')) {
            result = sum();
            if (!take(')')) throw std::runtime_error("a parenthesis is open");
        } else if (std::isalpha(static_cast<unsigned char>(peek())) != 0) {
            result = variable();
        } else {
            result = number();
        }
        --depth_;
        return result;
    }

    double variable() {
        std::size_t size = 0;
        while (size < rest_.size() && std::isalnum(static_cast<unsigned char>(rest_[size])) != 0)
            ++size;
        const auto found = variables_.find(rest_.substr(0, size));
        if (found == variables_.end()) throw std::runtime_error("a name has no value yet");
        rest_.remove_prefix(size);
        return found->second;
    }

    double number() {
        const std::string text(rest_.substr(0, rest_.find_first_not_of("0123456789.")));
        char* end = nullptr;
        const double result = std::strtod(text.c_str(), &end);
        if (end == text.c_str()) throw std::runtime_error("a number or a name is missing");
        rest_.remove_prefix(static_cast<std::size_t>(end - text.c_str()));
        return result;
    }

    std::string_view rest_;
    const Variables& variables_;
    int depth_ = 0;
};

/// One client, from its first line to its last.
class Conversation {
  public:
    Conversation(const minetd_host& host, minetd_connection* connection)
        : host_(host), connection_(connection) {}

    void run() {
        while (const auto line = read_line()) {
            if (!say(answer(*line))) return;
        }
    }

  private:
    std::string answer(std::string_view line) {
        try {
            std::string name;
            if (const std::size_t equals = line.find('='); equals != line.npos) {
                for (const char c : line.substr(0, equals))
                    if (c != ' ') name += c;
                line.remove_prefix(equals + 1);
                if (name.empty() || std::isalpha(static_cast<unsigned char>(name[0])) == 0)
                    throw std::runtime_error("a name begins with a letter");
            }
            const double value = Expression(line, variables_).value();
            if (!name.empty()) {
                if (variables_.size() >= most_variables && !variables_.contains(name))
                    throw std::runtime_error("there are too many names");
                variables_[name] = value;
            }
            char text[40];
            std::snprintf(text, sizeof text, "%.10g", value);
            return text;
        } catch (const std::runtime_error& problem) {
            return std::string("error: ") + problem.what();
        }
    }

    std::optional<std::string> read_line() {
        for (;;) {
            if (const std::size_t end = held_.find('\n'); end != held_.npos) {
                std::string line = held_.substr(0, end);
                held_.erase(0, end + 1);
                if (line.ends_with('\r')) line.pop_back();
                return line;
            }
            if (held_.size() > longest_line) {
                say("error: the line is too long");
                return std::nullopt;
            }
            char bytes[1024];
            const ssize_t got = host_.read(connection_, bytes, sizeof bytes);
            if (got <= 0) return std::nullopt;  // its end, or it was silent for too long
            held_.append(bytes, static_cast<std::size_t>(got));
        }
    }

    // Queued: it goes out before the next read waits, so that pipelined lines share their packets.
    bool say(std::string text) {
        text += '\n';
        return host_.send(connection_, text.data(), text.size()) == 0;
    }

    const minetd_host& host_;
    minetd_connection* connection_;
    std::string held_;
    Variables variables_;
};

int open_calculator(const minetd_context* context, void** service, char*, std::size_t) {
    *service = const_cast<minetd_host*>(context->host);
    return 0;
}

void serve(void* service, minetd_connection* connection) {
    try {
        Conversation(*static_cast<const minetd_host*>(service), connection).run();
    } catch (const std::bad_alloc&) {
        // This client is given up, the others are not.
    }
}

}  // namespace

const minetd_service minetd_module = {
    .abi = MINETD_SERVICE_ABI,
    .size = sizeof(minetd_service),
    .flags = MINETD_STREAM | MINETD_THREAD_SAFE | MINETD_CLIENT_SPEAKS_FIRST,
    .open = open_calculator,
    .serve = serve,
};
