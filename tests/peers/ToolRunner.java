import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import org.apache.kafka.common.utils.Exit;
import org.apache.zookeeper.util.ServiceUtils;

/**
 * Runs the main methods of many command-line tools one after the other in one JVM, whose start costs more than most of them.
 *
 * A request is a line of base64 words: class, standard input, argument... The answer is a line: exit code, base64 of the
 * standard output, base64 of the standard error. Empty words are written as "-".
 */
public class ToolRunner {
    /**
     * Where System.out and System.err really go: tools and Scala's Console keep the stream they saw first. What threads say
     * that an earlier tool left behind (TransactionsCommand does not close its client) belongs to no later one.
     */
    static final class Switch extends OutputStream {
        volatile OutputStream target = OutputStream.nullOutputStream();

        @Override public void write(int b) throws IOException {
            if (!earlier.contains(Thread.currentThread())) {
                target.write(b);
            }
        }

        @Override public void write(byte[] b, int from, int length) throws IOException {
            if (!earlier.contains(Thread.currentThread())) {
                target.write(b, from, length);
            }
        }

        @Override public void flush() throws IOException { target.flush(); }
    }

    /** As Switch, for standard input. */
    static final class InputSwitch extends InputStream {
        volatile InputStream source = InputStream.nullInputStream();

        @Override public int read() throws IOException { return source.read(); }
        @Override public int read(byte[] b, int from, int length) throws IOException { return source.read(b, from, length); }
        @Override public int available() throws IOException { return source.available(); }
    }

    /** In place of the end of the JVM. A tool that catches it and exits again has exited as it first said. */
    static final class ToolExit extends Error {
        static Integer firstCode;

        ToolExit(int code) {
            super("exit " + code, null, false, false);
            if (firstCode == null) {
                firstCode = code;
            }
        }
    }

    static volatile Set<Thread> earlier = Set.of();
    static final Switch OUT = new Switch();
    static final Switch ERR = new Switch();
    static final InputSwitch IN = new InputSwitch();
    static final List<Runnable> SHUTDOWN_HOOKS = new ArrayList<>();

    public static void main(String[] unused) throws Exception {
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        PrintStream answers = System.out;
        System.setIn(IN);
        System.setOut(new PrintStream(OUT, true));
        System.setErr(new PrintStream(ERR, true));
        Exit.setExitProcedure((code, message) -> { throw new ToolExit(code); });
        Exit.setHaltProcedure((code, message) -> { throw new ToolExit(code); });
        Exit.setShutdownHookAdder((name, hook) -> SHUTDOWN_HOOKS.add(hook));
        ServiceUtils.setSystemExitProcedure(code -> { throw new ToolExit(code); });
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            String[] words = line.split(" ");
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            ByteArrayOutputStream err = new ByteArrayOutputStream();
            Set<Thread> found = new HashSet<>(Thread.getAllStackTraces().keySet());
            found.remove(Thread.currentThread());
            earlier = found;
            OUT.target = out;
            ERR.target = err;
            IN.source = new ByteArrayInputStream(decode(words[1]));
            String[] args = Arrays.stream(words, 2, words.length)
                .map(word -> new String(decode(word), StandardCharsets.UTF_8)).toArray(String[]::new);
            int code = run(new String(decode(words[0]), StandardCharsets.UTF_8), args);
            System.out.flush();
            System.err.flush();
            answers.println(code + " " + encode(out) + " " + encode(err));
            answers.flush();
        }
    }

    static int run(String className, String[] args) {
        int code = 0;
        ToolExit.firstCode = null;
        try {
            Class.forName(className).getMethod("main", String[].class).invoke(null, (Object) args);
        } catch (InvocationTargetException thrown) {
            code = exitCode(thrown.getCause());
        } catch (ReflectiveOperationException thrown) {
            code = exitCode(thrown);
        }
        for (Runnable hook : SHUTDOWN_HOOKS) {
            try {
                hook.run();
            } catch (Throwable thrown) {
                thrown.printStackTrace();
            }
        }
        SHUTDOWN_HOOKS.clear();
        return code;
    }

    static int exitCode(Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof ToolExit) {
                return ToolExit.firstCode;
            }
        }
        thrown.printStackTrace();
        return 1;
    }

    static byte[] decode(String word) {
        return word.equals("-") ? new byte[0] : Base64.getDecoder().decode(word);
    }

    static String encode(ByteArrayOutputStream bytes) {
        return bytes.size() == 0 ? "-" : Base64.getEncoder().encodeToString(bytes.toByteArray());
    }
}
